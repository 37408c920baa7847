"""Bundles of a made-up run, and forged ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from bench.leaderboard.submissions.archive import packed, unpacked
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, hashed
from bench.metrics.retrieval import score_linkage
from bench.records.files import RECORD_NAME
from bench.records.parts import Interval
from bench.records.privacy import Score
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
    found = score_linkage(Linkage(torch.from_numpy(scores)), PEOPLE, "a run")
    counted = {
        "macro_f1": Score(value=Interval.of(found.macro_f1), chance=found.chance_macro_f1),
        "rank1": Score(value=Interval.of(found.rank1), chance=found.chance_rank1),
        "map": Score(value=Interval.of(found.map), chance=found.chance_map),
    }
    changes = {**FINE, "privacy": {**FINE["privacy"], "scores": counted, "headline_by_key": [found.macro_f1.value]}}
    path, record = judged_record(tmp_path / "run", PEOPLE, scores, **changes)
    path.write_text(record.model_dump_json())
    return path


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
