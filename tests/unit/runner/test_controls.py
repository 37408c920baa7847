"""Controls: what each one must score, whatever the defense."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from bench.defenses.mixup.variants import MixupNaiveTTA
from bench.progress import Display
from bench.records.privacy import Control
from bench.runner.leakage.controls import MEANINGS, controls
from bench.runner.leakage.judge import Judge
from bench.runner.leakage.somebody_else import somebody_else
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic, key_source, record_repetitions
from bench.types.scan import Roles
from bench.types.threat import Goal
from bench.types.traffic import Lazy, Release, Transcript
from tests.unit.runner.strangers import Shells

CPU = torch.device("cpu")


def _controls(client: Client, roles: Roles, folder: Path, goal: Goal = Goal.LINKAGE) -> dict[str, Control]:
    sent = record_repetitions(client, None, roles.test, 0, folder, Display(quiet=True), repetitions=2)
    judge = Judge(goal=goal, scans=sent[0].scans, auxiliary=roles.auxiliary, device=CPU)
    return controls(client, sent, roles.auxiliary, key_source(client, 0), (0, "attack"), judge.pictures)


def _map(control: Control) -> float:
    value = control.scores["map"].value
    assert value is not None
    return value


@pytest.fixture(scope="module")
def mixed(roles: Roles, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Control]:
    defense = MixupNaiveTTA(queries=2, alpha_test="fixed", alpha_value=0.1)
    client = Client(defense, nn.Identity(), roles.references.scans, CPU)
    return _controls(client, roles, tmp_path_factory.mktemp("mixed"))


def test_who_holds_the_key_finds_everybody(mixed: dict[str, Control]) -> None:
    assert _map(mixed["oracle-key"]) == 1


@pytest.mark.parametrize("blind", ["atlas", "random-other"])
def test_pictures_of_nobody_find_nobody(mixed: dict[str, Control], blind: str) -> None:
    low = mixed[blind].scores["map"].low
    assert low is not None
    assert low < 0.24  # chance with 16 scans of 8 people is .22


def test_a_faint_target_is_hard_to_see(mixed: dict[str, Control]) -> None:
    assert _map(mixed["do-nothing"]) < _map(mixed["oracle-key"])


def test_every_control_says_what_it_is(mixed: dict[str, Control]) -> None:
    expected = {name: meaning for name, meaning in MEANINGS.items() if name != "magnitude"}
    assert {name: control.meaning for name, control in mixed.items()} == expected


@pytest.mark.parametrize("negative", [{(0, 0)}, {(1, 3)}, set()])
def test_signs_are_looked_for_in_every_release(
    roles: Roles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, negative: set[tuple[int, int]]
) -> None:
    """A key or a scan may decide about them: one release is no sample."""
    client = Client(Shells(), nn.Identity(), (), CPU)
    sent = record_repetitions(client, None, roles.test, 0, tmp_path, Display(quiet=True), repetitions=2)

    def signed(traffic: Traffic) -> Traffic:
        before = traffic.transcript.releases
        flips = [(traffic.repetition, place) in negative for place in range(len(before))]
        releases = [Release(one.queries * (-1 if flip else 1)) for one, flip in zip(before, flips, strict=True)]
        return replace(traffic, transcript=Transcript(Lazy(len(releases), releases.__getitem__)))

    judge = Judge(goal=Goal.LINKAGE, scans=sent[0].scans, auxiliary=roles.auxiliary, device=CPU)
    traffic = [signed(one) for one in sent]
    found = controls(client, traffic, roles.auxiliary, key_source(client, 0), (0, "attack"), judge.pictures)
    assert ("magnitude" in found) == bool(negative)


def test_doing_nothing_is_all_it_takes_where_nothing_is_hidden(roles: Roles, tmp_path: Path) -> None:
    found = _controls(Client(Shells(), nn.Identity(), (), CPU), roles, tmp_path)
    assert "amplified" not in found
    assert found["do-nothing"].scores == found["oracle-key"].scores


def test_pictures_are_looked_up_among_clean_scans_where_images_are_the_goal(roles: Roles, tmp_path: Path) -> None:
    defense = MixupNaiveTTA(queries=2, alpha_test="fixed", alpha_value=0.1)
    client = Client(defense, nn.Identity(), roles.references.scans, CPU)
    found = _controls(client, roles, tmp_path, Goal.RECONSTRUCTION)
    truth, atlas = found["oracle-key"].scores, found["atlas"].scores
    assert _map(found["oracle-key"]) == 1
    assert truth["ms_ssim"].value == pytest.approx(1, abs=1e-5)
    assert truth["psnr"].value == 100
    assert truth["ncc"].value == pytest.approx(1)
    assert atlas["ncc"].value == 0
    for name in ("ms_ssim", "psnr"):
        value = atlas[name].value
        assert value is not None
        assert value < truth[name].value  # type: ignore[operator]
    faint = found["amplified"].scores["psnr"].value
    assert faint is not None
    assert faint < 20


def test_somebody_else_is_never_the_person_and_follows_from_the_cohort_alone(roles: Roles) -> None:
    scans = roles.test.scans
    drawn = somebody_else(scans)
    assert len(drawn) == 3
    assert drawn[0] != drawn[1]
    for order in drawn:
        assert all(scans[other].family != scan.family for scan, other in zip(scans, order, strict=True))
    turned = scans[::-1]
    again = somebody_else(turned)
    for order, other in zip(drawn, again, strict=True):
        chosen = {scan.name: scans[at].name for scan, at in zip(scans, order, strict=True)}
        assert chosen == {scan.name: turned[at].name for scan, at in zip(turned, other, strict=True)}


def test_in_a_single_family_everybody_stays(roles: Roles) -> None:
    alone = tuple(replace(scan, family="one") for scan in roles.test.scans)
    assert somebody_else(alone) == [list(range(len(alone)))] * 3


def test_pictures_in_place_of_a_reconstruction_lie_in_the_range_of_a_scan(roles: Roles) -> None:
    """As attacks cut theirs off: otherwise whoever hands noisy releases back would beat doing nothing."""
    judge = Judge(goal=Goal.RECONSTRUCTION, scans=roles.test.scans, auxiliary=roles.auxiliary, device=CPU)
    noise = torch.Generator().manual_seed(0)
    images = torch.stack([scan.image for scan in roles.test.scans])
    loud = images + 0.4 * torch.randn(images.shape, generator=noise)
    assert judge.pictures([loud], (0,)) == judge.pictures([loud.clamp(0, 1)], (0,))
