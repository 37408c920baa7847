"""What a preparation leaves on disk: a folder for every scan, whole or not at all."""

import dataclasses
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from jaxtyping import Float64

from bench.atomic import replacing
from bench.data.file_hash import hash_of
from bench.data.prepare.provenance import PROVENANCE
from bench.data.prepare.scan import PreparedScan, Quality
from bench.data.row import Row

IMAGE, LABELS = "image.nii.gz", "labels.nii.gz"
STEPS = 65535
"""Intensities are stored as 16-bit fractions of 1."""


def folder_name(row: Row) -> str:
    """The scan's folder: its name with everything replaced that a file system or a page could trip over."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", row.name).lstrip(".") or "scan"


def known_quality(place: Path, inputs: Mapping[str, Any]) -> Quality | None:
    """How well a scan was prepared earlier from the same files in the same way; None if it was not."""
    try:
        kept = json.loads((place / PROVENANCE).read_text(encoding="utf-8"))
        whole = all((place / file).stat().st_size > 0 for file in (IMAGE, LABELS))
        return Quality(**kept["quality"]) if whole and kept["inputs"] == dict(inputs) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_scan(scan: PreparedScan, affine: Float64[np.ndarray, "4 4"], place: Path, inputs: Mapping[str, Any]) -> None:
    """Image, labels and where they came from; the folder appears when everything in it is written."""
    with replacing(place) as temporary:
        temporary.mkdir()
        _write_volume(scan.image, affine, temporary / IMAGE, fraction=True)
        _write_volume(scan.labels, affine, temporary / LABELS, fraction=False)
        provenance = {
            "inputs": dict(inputs),
            "template_mm_to_scan_mm": scan.registration.matrix().tolist(),
            "quality": dataclasses.asdict(scan.quality),
            "outputs": {file: hash_of(temporary / file) for file in (IMAGE, LABELS)},
        }
        (temporary / PROVENANCE).write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")
        if place.exists():  # from other files or settings
            shutil.rmtree(place)


def _write_volume(values: np.ndarray, affine: Float64[np.ndarray, "4 4"], path: Path, *, fraction: bool) -> None:
    stored = np.round(values * STEPS).astype(np.uint16) if fraction else values.astype(np.uint8)
    image = nibabel.Nifti1Image(stored, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="mni")
    image.set_qform(affine, code="mni")
    if fraction:
        image.header.set_slope_inter(1 / STEPS, 0)
    nibabel.save(image, path)
