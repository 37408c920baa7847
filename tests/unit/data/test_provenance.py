"""Prepared scans are the same data wherever they were prepared, until somebody changes them."""

import json
from pathlib import Path

import pytest

from bench.data.file_hash import hash_of
from bench.data.layouts.prepared import Prepared
from bench.data.prepare.provenance import PROVENANCE, content
from tests.cohort_trees import manifest_tree


def _keep(folder: Path, raw: str = "raw") -> None:
    outputs = {file.name: hash_of(file) for file in folder.glob("*.nii*")}
    (folder / PROVENANCE).write_text(json.dumps({"inputs": {"image": raw, "n4": False}, "outputs": outputs}))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = manifest_tree(tmp_path)
    for folder in {row.image.parent for row in Prepared().listing(found).rows}:
        _keep(folder)
    return found


def _rounded_otherwise(root: Path) -> Path:
    image = Prepared().listing(root).rows[0].image
    image.write_bytes(image.read_bytes() + b"\0")
    return image


def test_other_bytes_of_the_same_raw_scans_are_the_same_data(root: Path) -> None:
    before = Prepared().fingerprint(root)
    image = _rounded_otherwise(root)
    _keep(image.parent)
    assert Prepared().fingerprint(root) == before


def test_a_scan_that_was_changed_after_its_preparation_is_other_data(root: Path) -> None:
    before = Prepared().fingerprint(root)
    image = _rounded_otherwise(root)
    assert Prepared().fingerprint(root) != before
    assert content(image) == hash_of(image)


def test_other_raw_scans_or_settings_are_other_data(root: Path) -> None:
    before = Prepared().fingerprint(root)
    _keep(Prepared().listing(root).rows[0].image.parent, "another scan")
    assert Prepared().fingerprint(root) != before


@pytest.mark.parametrize("damaged", ["", "[]", '{"inputs": {}}'])
def test_without_a_readable_provenance_a_file_stands_for_itself(root: Path, damaged: str) -> None:
    image = Prepared().listing(root).rows[0].image
    assert content(image) != hash_of(image)
    (image.parent / PROVENANCE).write_text(damaged)
    assert content(image) == hash_of(image)
