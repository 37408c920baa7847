"""The whole run on what hides everything: sent is noise, so nobody can be found, and the record must say so."""

from pathlib import Path

import pytest

from bench.records.files import find_records, read_record
from tests.cli.conftest import Bench

STATIC = '''"""Sends noise. Source: tests. Secret: everything."""
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from bench.defense import Defense, Networks
from bench.types.traffic import Release, Reply
from bench.types.training import History


@dataclass(frozen=True)
class Static(Defense):
    """Sends noise."""

    name: ClassVar[str] = "static"
    summary: ClassVar[str] = "sends noise"
    source: ClassVar[str] = "tests"
    family: ClassVar[str] = "static"

    def fit(self, cohort, trainer):
        return Networks(nn.Identity(), nn.Identity(), History())

    def draw_key(self, rng, references):
        return int(rng.integers(2**31))

    def protect(self, image, key, client):
        return Release(torch.rand((3, *image.shape), generator=torch.Generator().manual_seed(key)))

    def serve(self, release, server):
        return Reply(torch.full((3, 4, *release.queries.shape[2:]), 0.25))

    def recover(self, reply, key, client):
        return reply.maps.mean(dim=0)
'''


@pytest.mark.parametrize("attack", ["reid-msssim", "reid-ncc", "tta-mean"])
def test_whoever_sends_noise_is_at_chance_within_the_interval(bench: Bench, tmp_path: Path, attack: str) -> None:
    plugin = tmp_path / "static.py"
    plugin.write_text(STATIC)
    options = ["--preset", "smoke", "--set", "key_repetitions=5", "--set", "utility_subjects=2", "--device", "cpu"]
    ended = bench("run", "static", attack, *options, "--plugin", plugin, "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    (path,) = find_records([tmp_path])
    privacy = read_record(path).privacy
    assert privacy is not None
    score, auc, excess = privacy.scores["map"], privacy.verification.auc, privacy.residual.excess
    for interval, chance in ((score.value, score.chance), (auc, 0.5), (excess, 0.0)):
        assert interval.low is not None
        assert interval.high is not None
        assert chance is not None
        assert interval.low <= chance <= interval.high
    assert len(privacy.headline_by_key) > 1
