"""Reliability over keys, with all of the key in play and with the dial held."""

import math

import pytest
import torch
from torch import nn

from bench.progress import Display
from bench.runner.traffic.parties import Client, Server
from bench.runner.utility import dial as dials
from bench.runner.utility.dial import measure_dial
from bench.runner.utility.reliability import reliability
from bench.types.scan import Roles
from tests.unit.runner.strangers import Shells

CPU = torch.device("cpu")


def test_the_intraclass_correlation_is_that_of_the_analysis_of_variance() -> None:
    rows = [[0.1, 0.2], [0.4, 0.4], [0.5, 0.7], [0.8, 0.7], [0.9, 1.0]]
    means = [sum(row) / 2 for row in rows]
    whole = sum(means) / 5
    between = 2 * sum((mean - whole) ** 2 for mean in means) / 4
    within = sum((value - mean) ** 2 for row, mean in zip(rows, means, strict=True) for value in row) / 5
    found = reliability(rows)
    assert found.icc == pytest.approx((between - within) / (between + within))
    assert (found.kind, found.n) == ("ICC(1,1)", 5)


def test_people_without_the_class_are_left_out_and_one_key_says_the_same_twice() -> None:
    rows = [[0.1], [0.4], [0.5], [0.8], [0.9], [math.nan]]
    assert (reliability(rows).icc, reliability(rows).n) == (1.0, 5)


def test_with_the_dial_held_only_the_rest_of_the_key_counts(roles: Roles, monkeypatch: pytest.MonkeyPatch) -> None:
    scans = roles.test.first_visits()
    height = {scan.name: place / 10 for place, scan in enumerate(scans)}
    seen: list[float] = []

    def by_key(client: Client, reply: object, key: float, scan: object, classes: object) -> dict[str, float]:
        seen.append(key)
        return {"outer": height[scan.name] + 0.1 * key, "middle": key, "inner": math.nan}  # type: ignore[attr-defined]

    monkeypatch.setattr(dials, "recovered_dice", by_key)
    client = Client(Shells(), nn.Identity(), (), CPU, "salt")
    server = Server(Shells(), nn.Identity(), CPU)
    found = measure_dial(client, server, scans, 0, (0,), Display(quiet=True), 3)
    assert found is not None
    first = found.points[0].stability
    keys = [seen[3 * place : 3 * place + 3] for place in range(len(scans))]
    expected = reliability([[place / 10 + 0.1 * key for key in drawn] for place, drawn in enumerate(keys)])
    assert first["outer"] == expected
    assert first["middle"] == reliability(keys)
    assert first["inner"].icc is None
    assert len(set(map(tuple, keys))) == len(keys)
