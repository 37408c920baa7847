"""The client's uncertainty against its errors, where both are made by hand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from bench.metrics.dice import class_map
from bench.progress import Display
from bench.runner.leakage.planted import Image, IntensityServer, PlantedLeak
from bench.runner.pictures.uncertainty import draw_uncertainty
from bench.runner.traffic.parties import Client, Server
from bench.runner.utility.measure import Measured, measure_utility
from bench.types.scan import Cohort, Roles
from bench.types.traffic import Release, Reply

CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Certain(PlantedLeak):
    """Sends the image, and says nothing about how sure its answer is."""

    name: ClassVar[str] = "certain"

    def protect(self, image: Image, key: Any, client: nn.Module) -> Release:
        return Release(image[None])


@dataclass(frozen=True, kw_only=True)
class Doubting(Certain):
    """Doubts bright (or with `turned` dark) voxels, whatever the server says."""

    name: ClassVar[str] = "doubting"
    turned: bool = False
    single: bool = False

    def uncertainty(self, reply: Reply, key: Any, client: nn.Module) -> Tensor | None:
        doubt = reply.maps[0, 3]
        return None if self.single else 1 - doubt if self.turned else doubt


def _parties(defense: Certain) -> tuple[Client, Server]:
    return Client(defense, nn.Identity(), (), CPU, "salt"), Server(
        defense, IntensityServer([0.0, 0.25, 0.575, 0.9]), CPU
    )


def _measure(defense: Certain, scans: Cohort) -> Measured:
    return measure_utility(*_parties(defense), scans, (1,), 0, Display(quiet=True))


@pytest.fixture(scope="module")
def victims(roles: Roles) -> Cohort:
    """People whose brightest class was labelled as something else: the answer is wrong there, and nearly only there."""
    scans = roles.test.first_visits()
    relabelled = []
    for scan in scans:
        changed = scan.labels.clone()
        changed[scan.image[0] > 0.75] = 1
        relabelled.append(type(scan)(**(vars(scan) | {"labels": changed})))
    return scans.only(tuple(relabelled))


def test_doubt_where_the_errors_are_finds_them(victims: Cohort) -> None:
    found = _measure(Doubting(), victims).utility.uncertainty
    assert found is not None
    assert found.auroc.value is not None
    assert found.auroc.value > 0.95
    assert found.auroc.n == len(victims.subjects)
    rates = [rate.value for rate in found.error_by_tenth if rate.value is not None]
    assert rates[-1] > 0.8 * sum(rates)  # the inner shell is less than a tenth of the head


def test_doubt_in_the_wrong_places_is_below_chance(victims: Cohort) -> None:
    right, wrong = (_measure(Doubting(turned=t), victims).utility.uncertainty for t in (False, True))
    assert right is not None
    assert wrong is not None
    assert wrong.auroc.value == pytest.approx(1 - (right.auroc.value or 0))
    assert wrong.baseline_auroc == right.baseline_auroc
    assert wrong.error_rate == right.error_rate


def test_the_error_rate_is_of_voxels_in_question(victims: Cohort) -> None:
    defense, scans = Doubting(), victims.only(victims.scans[:1])
    found = _measure(defense, scans).utility.uncertainty
    client, server = _parties(defense)
    scan = scans.scans[0]
    predicted = class_map(client.recover(server.serve(client.protect(scan, None)), None))
    asked = (predicted > 0) | (scan.labels > 0)
    assert found is not None
    assert found.error_rate.value == pytest.approx(float((predicted != scan.labels)[asked].float().mean()))


@pytest.mark.parametrize("defense", [Certain(), Doubting(single=True)])
def test_without_an_uncertainty_the_record_has_none(victims: Cohort, defense: Certain) -> None:
    assert _measure(defense, victims).utility.uncertainty is None


def test_nobody_without_errors_counts(roles: Roles) -> None:
    scans = roles.test.first_visits()
    client, server = _parties(Doubting())
    perfect = []
    for scan in scans:
        labels = class_map(client.recover(server.serve(client.protect(scan, None)), None))
        perfect.append(type(scan)(**(vars(scan) | {"labels": labels})))
    found = _measure(Doubting(), scans.only(tuple(perfect))).utility.uncertainty
    assert found is not None
    assert (found.auroc.value, found.auroc.n) == (None, 0)
    assert found.error_rate.value == 0


def test_pictures_of_the_map_and_of_the_reliability(victims: Cohort, tmp_path: Path) -> None:
    measured = _measure(Doubting(), victims).utility.uncertainty
    assert measured is not None
    names = draw_uncertainty(*_parties(Doubting()), victims, None, measured, "title", tmp_path)
    assert names == ["uncertainty.png", "reliability.png"]
    for name in names:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
