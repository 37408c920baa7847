"""Known-answer checks: who sees passes, who is blind does not, and it is written down once."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch

from bench.attack import Attack
from bench.attacks.reid_msssim import ReidMsssim
from bench.progress import Display
from bench.records.files import made_once
from bench.records.privacy import Validity
from bench.records.schema import Status
from bench.registry import Registry
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.confinement import Confinement, LostAttack
from bench.runner.leakage.planted import LEAKS
from bench.runner.leakage.validity import address_of, at_smoke_size, check_attack
from bench.trainer.devices import make_fabric
from bench.types.claim import Linkage
from bench.types.training import Trainer
from bench.view import AttackerView
from tests.unit.runner.strangers import Doing

CPU = torch.device("cpu")
NAMES = {leak.name for leak in LEAKS}


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Attack], Validity]:
    place = tmp_path_factory.mktemp("validity")

    def run(attack: Attack) -> Validity:
        attempts = Attempts(
            attack=attack,
            fabric=make_fabric("cpu", "32-true"),
            folder=place / "networks" / attack.name,
            own_data=place / "prior" / attack.name,
            informed=place / "informed" / attack.name,
            seed=0,
            held=Confinement(),
            display=Display(quiet=True),
        )
        return check_attack(attempts, place / "cohorts", place / "traffic" / attack.goal.value, CPU)

    return run


def _blind(view: AttackerView) -> Linkage:
    count = len(view.releases)
    return Linkage(torch.rand(count, count, generator=torch.Generator().manual_seed(1)))


def _sees_brightness(view: AttackerView) -> Linkage:
    bright = torch.stack([release.queries.mean() for release in view.releases])
    return Linkage(-(bright[:, None] - bright[None, :]).abs())


def _boom(view: AttackerView) -> Linkage:
    raise RuntimeError("out of ideas")


def test_the_papers_attack_finds_every_planted_leak(check: Callable[[Attack], Validity]) -> None:
    found = check(ReidMsssim())
    assert found.passed
    assert set(found.leaks) == NAMES == {"identity", "alpha-0.95", "one-reference", "linear-encoder"}
    assert all(leak.reason is None for leak in found.leaks.values())


@pytest.mark.slow
@pytest.mark.parametrize("name", [entry.name for entry in Registry().of("attacks")])
def test_every_built_in_attack_finds_every_planted_leak(check: Callable[[Attack], Validity], name: str) -> None:
    found = check(at_smoke_size(Registry().find("attacks", name).load()(), "paper"))
    assert {leak: one.reason for leak, one in found.leaks.items() if not one.passed} == {}


@pytest.mark.parametrize("deed", [_blind, _sees_brightness])
def test_an_attack_that_sees_too_little_does_not_pass(check: Callable[[Attack], Validity], deed: Any) -> None:
    found = check(Doing(deed=deed))
    assert not found.passed
    identity = found.leaks["identity"]
    assert identity.reason is not None
    assert "at least 0.9 is expected" in identity.reason
    assert identity.score is not None


def test_an_attack_that_breaks_is_lost_not_invalid(check: Callable[[Attack], Validity]) -> None:
    with pytest.raises(LostAttack, match=r"RuntimeError: out of ideas .* \[on the planted leak identity\]") as lost:
        check(Doing(deed=_boom))
    assert lost.value.status is Status.FAILED


def test_a_check_is_made_once(tmp_path: Path, check: Callable[[Attack], Validity]) -> None:
    made: list[Validity] = []

    def make() -> Validity:
        made.append(Validity(leaks={}))
        return made[-1]

    path = tmp_path / "validity" / "address.json"
    assert made_once(path, Validity, make) == made_once(path, Validity, make)
    assert len(made) == 1


def test_other_settings_are_checked_again() -> None:
    assert address_of(ReidMsssim(), "32-true") != address_of(ReidMsssim(window=5), "32-true")
    assert address_of(ReidMsssim(), "32-true") != address_of(ReidMsssim(), "bf16-mixed")


def test_the_smoke_preset_sets_the_size_and_leaves_the_rest() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Sized(Attack):
        name: ClassVar[str] = "sized"
        presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"smoke": {"steps": 3}}
        steps: int = 1000
        power: float = 2.0

        def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
            raise AssertionError

    assert at_smoke_size(Sized(power=1.0), "paper") == Sized(steps=3, power=1.0)
    assert at_smoke_size(Sized(steps=50_000), "paper").steps == 3
    assert at_smoke_size(Sized(steps=100), "quick") == Sized(steps=3)


def test_what_a_user_takes_away_from_an_attack_its_check_lacks_too() -> None:
    """Else an attack that learns nothing would pass, and stand on the board as one that a defense withstood."""
    siamese = Registry().find("attacks", "reid-siamese").load()
    usual = siamese(**siamese.presets["quick"])
    assert at_smoke_size(usual, "quick") == siamese(**siamese.presets["smoke"])
    starved = at_smoke_size(dataclasses.replace(usual, iterations=1, widths=(1, 1)), "quick")
    assert (starved.iterations, starved.widths) == (1, (1, 1))
    assert at_smoke_size(dataclasses.replace(usual, widths=(64, 64, 64)), "quick").widths == (8, 16)
    ncc = Registry().find("attacks", "reid-ncc").load()
    assert at_smoke_size(ncc(whiten=0), "quick").whiten == 0


def test_an_attack_that_reads_a_file_is_checked_again_when_the_file_changes(tmp_path: Path) -> None:
    before = _reading(tmp_path, "one")
    assert _reading(tmp_path, "two") != before
    assert _reading(tmp_path, "one") == before


def _reading(place: Path, text: str) -> str:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Reading(ReidMsssim):
        weights: str = str(place / "weights")

        def contents(self) -> Mapping[str, str]:
            return {"weights": Path(self.weights).read_text()}

        def files(self) -> list[Path]:
            return [Path(self.weights)]

    (place / "weights").write_text(text)
    return address_of(Reading(), "32-true")
