"""Where what an attack trains is kept."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from bench.defense import Defense, Networks
from bench.defenses.mixup.variants import MixupNaiveTTA
from bench.progress import Display
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.learning import Reach, reach_of
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import record_repetitions
from bench.trainer.devices import make_fabric
from bench.types.scan import Roles
from bench.types.training import History
from tests.unit.runner.learner import Learner

CPU = torch.device("cpu")
NOTHING = Networks(nn.Identity(), nn.Identity(), History())
QUIET = Display(quiet=True)
PLUGIN = Path(__file__).with_name("learner.py")


@pytest.mark.parametrize(
    ("looked", "reach"),
    [
        (set(), Reach.OWN_DATA),
        ({"auxiliary"}, Reach.OWN_DATA),
        ({"auxiliary", "client"}, Reach.DEFENSE),
        ({"server"}, Reach.DEFENSE),
        ({"reference_pool"}, Reach.DEFENSE),
        ({"auxiliary", "training"}, Reach.DEFENSE),
        ({"candidates"}, Reach.TRAFFIC),
        ({"client", "releases"}, Reach.TRAFFIC),
        ({"replies"}, Reach.TRAFFIC),
        ({"keys"}, Reach.TRAFFIC),
        ({"a field of the future"}, Reach.TRAFFIC),
    ],
)
def test_the_reach_is_that_of_the_most_revealing_field(looked: set[str], reach: Reach) -> None:
    assert reach_of(looked) is reach


def _learned(defense: Defense[Any], roles: Roles, folder: Path, cell: str, *, isolate: bool = False) -> list[Any]:
    attempts = Attempts(
        attack=Learner(),
        fabric=make_fabric("cpu", "32-true"),
        folder=folder / cell,
        own_data=folder / "prior",
        informed=folder / "informed",
        seed=0,
        held=Confinement(isolate=isolate, plugins=(PLUGIN,), places={folder: "the suite's cache"}),
        display=QUIET,
    )
    client = Client(defense, nn.Identity(), roles.references.scans, CPU)
    sent = record_repetitions(client, None, roles.test, 0, folder / "sent" / cell, QUIET, repetitions=2)
    findings = attempts.over(client, sent, NOTHING, roles)
    assert findings.reason is None
    return [dict(claim.details) for claim in findings.claims]


def _kept(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*.pt")}


@pytest.mark.parametrize("isolate", [False, True])
def test_a_network_is_kept_as_far_as_it_can_serve(roles: Roles, tmp_path: Path, isolate: bool) -> None:
    first, second = _learned(MixupNaiveTTA(queries=1), roles, tmp_path, "a", isolate=isolate)
    kept = _kept(tmp_path)
    informed = {name for name in kept if name.startswith("informed/")}
    assert kept - informed == {"prior/before.pt", "prior/own.pt", "a/seen.pt", "a/key-1/seen.pt"}
    assert [name.rpartition("/")[2] for name in informed] == ["informed.pt"]
    for shared in ("before", "own", "informed"):
        assert first[shared] == second[shared]
    assert first["seen"] != second["seen"]


def test_another_defense_shares_what_was_learnt_without_it(roles: Roles, tmp_path: Path) -> None:
    first, _ = _learned(MixupNaiveTTA(queries=1), roles, tmp_path, "a")
    before = _kept(tmp_path)
    second, _ = _learned(MixupNaiveTTA(queries=2), roles, tmp_path, "b")
    new = {name.rpartition("/")[2] for name in _kept(tmp_path) - before}
    assert new == {"informed.pt", "seen.pt"}
    assert first["own"] == second["own"]
    assert first["informed"] != second["informed"]
