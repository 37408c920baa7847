"""Utility, against numbers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.metrics.dice import dice_of_probabilities
from bench.progress import Display
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.runner.utility.measure import Measured, measure_utility
from bench.types.scan import Cohort, Roles
from bench.types.traffic import Reply
from tests.unit.runner.strangers import Shells

CPU = torch.device("cpu")


def _measure(defense: Shells, scans: Cohort, grid: tuple[int, ...] = (1, 2, 9)) -> Measured:
    client = Client(defense, nn.Identity(), (), CPU, "salt")
    server = Server(defense, nn.Identity(), CPU)
    return measure_utility(client, server, scans, grid, 0, Display(quiet=True))


def _victims(roles: Roles) -> Cohort:
    return roles.test.first_visits()


def test_a_perfect_answer_scores_one(roles: Roles) -> None:
    utility = _measure(Shells(), _victims(roles)).utility
    assert {name: dice.value for name, dice in utility.dice.items()} == {"outer": 1.0, "middle": 1.0, "inner": 1.0}
    assert utility.dice_average.value == 1.0
    assert utility.dice_average.n == 8


def test_the_curve_counts_the_queries_that_were_sent(roles: Roles) -> None:
    curve = _measure(Shells(), _victims(roles)).utility.dice_by_queries
    # One query knows the background only, two the outer shell as well, four all three; nine are not sent.
    assert [(point.queries, point.dice.value) for point in curve] == [
        (1, 0.0),
        (2, pytest.approx(1 / 3)),
        (4, 1.0),
    ]


def test_the_end_of_the_curve_is_the_average(roles: Roles) -> None:
    utility = _measure(Shells(queries=3), _victims(roles)).utility
    assert utility.dice_by_queries[-1].dice == utility.dice_average


def test_the_dial_is_turned_through_its_values(roles: Roles) -> None:
    dial = _measure(Shells(), _victims(roles)).utility.dice_by_dial
    assert dial is not None
    assert dial.name == "queries"
    assert [(point.value, point.dice.value) for point in dial.points] == [(2, pytest.approx(1 / 3)), (4, 1.0)]


@pytest.mark.parametrize("wrong", [(2, 2), (4, 1)])
def test_what_is_no_segmentation_is_found_along_the_dial_and_the_curve(
    roles: Roles, monkeypatch: pytest.MonkeyPatch, wrong: tuple[int, int]
) -> None:
    right = Shells.recover

    def recover(self: Shells, reply: Reply, key: float, client: nn.Module) -> Tensor:
        found = right(self, reply, key, client)
        return found * torch.nan if (self.queries, len(reply.maps)) == wrong else found

    monkeypatch.setattr(Shells, "recover", recover)
    with pytest.raises(BenchError, match="shells: recover must return finite values"):
        _measure(Shells(), _victims(roles))


def test_bytes_are_those_of_the_wire(roles: Roles) -> None:
    measured = _measure(Shells(queries=2), _victims(roles))
    voxels = 20 * 24 * 20
    assert (measured.bytes_sent, measured.bytes_received) == (2 * voxels * 2, 2 * 4 * voxels * 2)


def test_a_class_that_nobody_has_is_null(roles: Roles) -> None:
    scans = _victims(roles)
    bare = scans.only(tuple(replace(scan, labels=scan.labels * (scan.labels < 3)) for scan in scans))
    utility = _measure(Shells(queries=3), bare).utility
    absent = utility.dice["inner"]
    assert (absent.value, absent.n) == (None, 0)
    assert utility.stability["inner"].icc is None
    assert utility.dice_average.value == 1.0


def test_distances_are_in_millimetres_of_the_cohort(roles: Roles) -> None:
    scans = _victims(roles)
    perfect = _measure(Shells(), scans).utility.hd95_mm
    assert {name: found.value for name, found in perfect.items()} == {"outer": 0.0, "middle": 0.0, "inner": 0.0}
    # Two queries know the outer shell alone: of the others nothing is found, and the whole grid lies between.
    missed = _measure(Shells(queries=2), scans).utility.hd95_mm
    assert missed["outer"].value == 0.0
    assert missed["inner"].value == pytest.approx(scans.spacing_mm * np.hypot(np.hypot(19, 23), 19))


def test_people_are_named_by_a_salted_hash(roles: Roles) -> None:
    scans = _victims(roles)
    people = set(_measure(Shells(), scans).utility.dice_per_subject)
    assert people == {pseudonym(subject, "salt") for subject in scans.subjects}
    assert people.isdisjoint(pseudonym(subject, "other") for subject in scans.subjects)


def test_dice_is_of_the_labels_not_of_the_other_axis_order(roles: Roles) -> None:
    scan = _victims(roles).scans[0]
    moved = torch.roll(scan.labels, 3, dims=1)
    wrong = torch.nn.functional.one_hot(moved.long(), 4).permute(3, 0, 1, 2).float()
    dice = dice_of_probabilities(wrong, scan.labels, ("background", "outer", "middle", "inner"))
    inner, shifted = (labels.numpy() == 3 for labels in (scan.labels, moved))
    assert dice["inner"] == pytest.approx(2 * np.sum(inner & shifted) / (inner.sum() + shifted.sum()))
