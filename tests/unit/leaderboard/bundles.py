"""Bundles of a made-up run, and forged ones."""

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from bench.leaderboard.submissions.archive import packed, unpacked
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, hashed
from bench.metrics.residual import residual_risk, risk_distribution
from bench.metrics.retrieval import score_linkage
from bench.metrics.unenrolled import unenrolled_precisions
from bench.metrics.verification import verify
from bench.records.files import RECORD_NAME
from bench.records.parts import Interval
from bench.records.privacy import LeakCurve, LeakPoint, OperatingPoint, Residual, Verification
from bench.runner.leakage.scores import shown
from bench.types.claim import Linkage
from tests.factories import judged_record, seeing

PEOPLE = tuple(f"p{number // 2:02d}" for number in range(24))
CONTROLS = {name: {"meaning": "x", "scores": {}} for name in ("do-nothing", "atlas", "random-other", "oracle-key")}
DICE = {person: {"GM": 0.7, "WM": 0.7, "CSF": 0.7} for person in sorted(set(PEOPLE))}
INTERVAL = {"value": 0.7, "low": 0.68, "high": 0.72, "n": 12}
FINE: dict[str, Any] = {
    "utility": {
        "dice_per_subject": DICE,
        "dice": dict.fromkeys(("GM", "WM", "CSF"), INTERVAL),
        "dice_average": INTERVAL,
    },
    "privacy": {"controls": CONTROLS, "headline_by_key": []},
}
Change = Callable[[dict[str, Any]], None]


def run_in(tmp_path: Path) -> Path:
    """A run that nothing speaks against: its record's file."""
    scores = seeing(PEOPLE, set(PEOPLE[:12]))
    changes = {**FINE, "privacy": {**FINE["privacy"], **counted(scores)}}
    path, record = judged_record(tmp_path / "run", PEOPLE, scores, **changes)
    path.write_text(record.model_dump_json())
    return path


def counted(scores: Float32[np.ndarray, "scan scan"], people: Sequence[str] = PEOPLE) -> dict[str, Any]:
    """What a run says of this linkage between scans of these people."""
    linkage = Linkage(torch.from_numpy(scores))
    found, verified = score_linkage(linkage, people, "a run"), verify(linkage, people, "a run")
    risks = {person: math.fsum(values) / len(values) for person, values in found.average_precisions.items()}
    strangers, spread = unenrolled_precisions(linkage, people, "a run"), risk_distribution(risks)
    said = shown(found)
    return {
        "headline": "map",
        "scores": said,
        "headline_by_key": list(found.map_by_key),
        "by_queries": LeakCurve(along="queries", points=[LeakPoint(at=10, score=said["map"].value)]),
        "verification": Verification(
            auc=Interval.of(verified.auc),
            operating_points=[OperatingPoint.of(point.fpr, point.tpr) for point in verified.tprs],
            smallest_fpr=verified.smallest_fpr,
            roc=[OperatingPoint.of(point.fpr, point.tpr) for point in verified.roc],
            genuine=verified.genuine,
            impostors=verified.impostors,
            fpr_per_subject=dict(verified.subject_fprs),
            tpr_per_subject=dict(verified.subject_tprs),
        ),
        "residual": Residual(
            excess=Interval.of(residual_risk(risks, strangers, "a run")),
            control=math.fsum(strangers.values()) / len(strangers),
            mean=spread.mean,
            p95=spread.p95,
            maximum=spread.maximum,
            per_subject=risks,
        ),
    }


def rebuilt(bundle: Path, files: dict[str, bytes], *, honest: bool = True) -> Path:
    """The bundle with other files; `honest`: and with a list of them that fits."""
    if honest:
        listed = {name: hashed(content) for name, content in files.items() if name != MANIFEST_NAME}
        cell = Manifest.model_validate_json(files[MANIFEST_NAME]).cell
        files = {**files, MANIFEST_NAME: Manifest(cell=cell, files=listed).model_dump_json().encode()}
    bundle.write_bytes(packed(files))
    return bundle


def forged(bundle: Path, change: Change, *, honest: bool = True) -> Path:
    """The bundle with another record."""
    files = unpacked(bundle)
    raw = json.loads(files[RECORD_NAME])
    change(raw)
    return rebuilt(bundle, {**files, RECORD_NAME: json.dumps(raw).encode()}, honest=honest)
