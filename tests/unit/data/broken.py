"""The corpus of broken inputs: how it is filled, and what its entries share. Its parts are `broken_*.py`."""

import gzip
from collections.abc import Callable
from pathlib import Path

from tests.cohort_trees import read_manifest, write_manifest

IMAGE, LABELS = "scans/02-0.nii.gz", "labels/02-0.nii.gz"
Damage = Callable[[Path], str]
"""Breaks something below the root; returns what the line must name."""

CORPUS: dict[str, tuple[Damage, str]] = {}
"""Damage with a part of the line that says what to do."""


def broken(remedy: str) -> Callable[[Damage], Damage]:
    def register(damage: Damage) -> Damage:
        CORPUS[damage.__name__.replace("_", " ")] = damage, remedy
        return damage

    return register


def change_line(root: Path, column: int, value: str, line: int = 3) -> None:
    lines = read_manifest(root)
    lines[line][column] = value
    write_manifest(root, lines)


def patch_header(path: Path, offset: int, content: bytes) -> None:
    raw = bytearray(gzip.decompress(path.read_bytes()))
    raw[offset : offset + len(content)] = content
    path.write_bytes(gzip.compress(bytes(raw)))
