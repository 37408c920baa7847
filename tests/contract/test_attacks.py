"""What every registered attack must do, whoever wrote it. A new plugin is tested here without being named."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from bench import config
from bench.attack import Attack
from bench.defenses.no_proxy import NoProxy
from bench.metrics.membership import tell_members
from bench.models.segmentation_loss import one_hot
from bench.registry import Registry
from bench.runner.attack.candidates import candidates_of, require_fair
from bench.runner.attack.contract import checked_claim
from bench.runner.leakage.linking import linkages_of
from bench.runner.leakage.memory import ByHeart
from bench.runner.leakage.planted import IntensityServer
from bench.runner.leakage.scores import linkage_scores
from bench.runner.leakage.trait_checks import CERTAIN
from bench.runner.leakage.traits import WORST, tell_traits
from bench.trainer.seeding import seeded_torch
from bench.types.claim import LabelMaps, Reconstruction
from bench.types.scan import Cohort, Roles, Scan
from bench.types.threat import Goal, Tier
from bench.types.traffic import Release, Reply, Transcript
from bench.view import AttackerView, Shadow, view_for
from tests.trainers import trainer_in

NAMES = [entry.name for entry in Registry().of("attacks")]


def _attack(name: str) -> Attack:
    cls = Registry().find("attacks", name).load()
    attack = config.build(cls, cls.presets.get("smoke", {}))
    assert isinstance(attack, Attack)
    return dataclasses.replace(attack, **{name: 20 for name in ("iterations",) if hasattr(attack, name)})


def _view(
    attack: Attack,
    releases: list[torch.Tensor],
    roles: Roles,
    wanted: tuple[int, ...] | None = None,
    learned: Cohort | None = None,
    server: torch.nn.Module | None = None,
) -> AttackerView:
    """What the card opens; the server's network has learned these scans by heart, and `server` answers."""
    answering = IntensityServer.of(roles.train) if server is None else server
    replies = [Reply(answering(queries).softmax(dim=1)) for queries in releases]
    offers: dict[str, Any] = {
        "auxiliary": roles.auxiliary,
        "candidates": candidates_of(roles, 0, "").cohort,
        "reference_pool": roles.references,
        "server": ByHeart(roles.train if learned is None else learned),
        "training": lambda scans, run, effort: Shadow(ByHeart(scans), lambda scan, own, rng: _as_it_is(scan)),
        "client": lambda scan, rng: _as_it_is(scan),
        "keys": [None] * len(releases),
    }
    labels = [Reply(one_hot(scan.labels[None], len(roles.test.classes))) for scan in roles.test][: len(releases)]
    transcript = Transcript([Release(queries) for queries in releases], replies, labels)
    public = roles.test.classes, roles.test.spacing_mm
    return view_for(attack.name, attack.threat, transcript, offers, *public, wanted=wanted)


def _as_it_is(scan: Scan) -> Release:
    return NoProxy().protect(scan.image, None, torch.nn.Identity())


def _run(
    attack: Attack,
    releases: list[torch.Tensor],
    roles: Roles,
    folder: Path,
    wanted: tuple[int, ...] | None = None,
    learned: Cohort | None = None,
    server: torch.nn.Module | None = None,
) -> Any:
    with seeded_torch(0, "contract"):
        return attack.run(_view(attack, releases, roles, wanted, learned, server), trainer_in(folder))


def _naked(roles: Roles) -> list[torch.Tensor]:
    return [scan.image[None] for scan in roles.test]


def _noise(roles: Roles) -> list[torch.Tensor]:
    rng = torch.Generator().manual_seed(5)
    return [torch.rand(1, 1, *roles.test.shape, generator=rng) for _ in roles.test]


def test_there_are_attacks_to_test() -> None:
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_frozen_and_described(name: str) -> None:
    cls = Registry().find("attacks", name).load()
    assert cls.__dataclass_params__.frozen
    described = "\n".join(filter(None, (base.__doc__ for base in cls.__mro__)))
    assert [f.name for f in dataclasses.fields(cls) if f.name not in described] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_module_tells_source_and_threat_model(name: str) -> None:
    cls = Registry().find("attacks", name).load()
    if not cls.__module__.startswith("bench."):
        pytest.skip("how a plugin of somebody else's is documented is their own affair")
    text = __import__(cls.__module__, fromlist=["_"]).__doc__
    assert "Source:" in text
    assert "Threat model:" in text


@pytest.mark.parametrize("name", NAMES)
def test_no_attack_imports_a_defense(name: str) -> None:
    cls = Registry().find("attacks", name).load()
    path = __import__(cls.__module__, fromlist=["_"]).__file__
    assert "bench.defenses" not in Path(path).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_claim_and_inputs_untouched(name: str, roles: Roles, tmp_path: Path) -> None:
    attack, releases = _attack(name), _naked(roles)
    before = [queries.clone() for queries in releases]
    one = _run(attack, releases, roles, tmp_path / "one")
    other = _run(attack, releases, roles, tmp_path / "other")
    for field in dataclasses.fields(one):
        first, second = getattr(one, field.name), getattr(other, field.name)
        assert _equal(first, second), field.name
    assert all(torch.equal(queries, kept) for queries, kept in zip(releases, before, strict=True))


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, Mapping):
        return first.keys() == second.keys() and all(_equal(first[key], second[key]) for key in first)
    return bool(first == second)


RECONSTRUCTIONS = [name for name in NAMES if _attack(name).goal is Goal.RECONSTRUCTION]


@pytest.mark.parametrize("name", RECONSTRUCTIONS)
def test_a_reconstruction_of_clean_scans_gives_everybody_away(name: str, roles: Roles, tmp_path: Path) -> None:
    attack = _attack(name)
    claim = _run(attack, _naked(roles), roles, tmp_path)
    claim = checked_claim(attack.goal, claim, len(roles.test), roles.test.shape, len(roles.test.classes))
    assert isinstance(claim, Reconstruction)
    assert 0 <= float(claim.images.min()) <= float(claim.images.max()) <= 1
    scans = roles.test.scans
    scores = linkage_scores(linkages_of([claim], scans, roles.auxiliary, torch.device("cpu")), scans, (0, "test"))
    value = scores["map"].value.value
    assert value is not None
    assert value >= 0.9


@pytest.mark.parametrize("name", [name for name in NAMES if _attack(name).goal is Goal.LABELS])
def test_label_maps_of_clean_scans_give_everybody_away(name: str, roles: Roles, tmp_path: Path) -> None:
    attack = _attack(name)
    claim = _run(attack, _naked(roles), roles, tmp_path)
    claim = checked_claim(attack.goal, claim, len(roles.test), roles.test.shape, len(roles.test.classes))
    assert isinstance(claim, LabelMaps)
    scans = roles.test.scans
    scores = linkage_scores(linkages_of([claim], scans, roles.auxiliary, torch.device("cpu")), scans, (0, "test"))
    value = scores["map"].value.value
    assert value is not None
    assert value >= 0.9


SEVERAL = [name for name in NAMES if _attack(name).goal in (Goal.RECONSTRUCTION, Goal.LABELS, Goal.LINKAGE)]


@pytest.mark.parametrize("name", SEVERAL)
def test_several_queries_of_a_scan_make_one_claim_that_can_be_scored(name: str, roles: Roles, tmp_path: Path) -> None:
    attack, others = _attack(name), roles.references.scans
    sent = [
        torch.stack(
            [weight * scan.image + (1 - weight) * others[place].image for place, weight in enumerate((0.5, 0.8))]
        )
        for scan in roles.test
    ]
    claim = _run(attack, sent, roles, tmp_path)
    claim = checked_claim(attack.goal, claim, len(roles.test), roles.test.shape, len(roles.test.classes))
    alphas = claim.details.get("alpha")
    assert alphas is None or len(alphas) == len(roles.test)


@pytest.mark.parametrize("name", [name for name in RECONSTRUCTIONS if _attack(name).costly])
def test_a_costly_reconstruction_is_of_the_wanted_releases_and_says_what_it_cost(
    name: str, roles: Roles, tmp_path: Path
) -> None:
    attack, wanted = _attack(name), (0, 3, 5)
    claim = _run(attack, _naked(roles), roles, tmp_path, wanted)
    checked_claim(attack.goal, claim, len(roles.test), roles.test.shape, len(roles.test.classes), wanted)
    assert claim.details["calls"] >= 1
    assert claim.traces.keys() == claim.along.keys()


@pytest.mark.parametrize("name", [name for name in NAMES if _attack(name).goal is Goal.LINKAGE])
def test_linkage_finds_everybody_who_is_not_protected(name: str, roles: Roles, tmp_path: Path) -> None:
    claim = _run(_attack(name), _naked(roles), roles, tmp_path)
    scores = linkage_scores(claim, roles.test.scans, (0, "test"))
    assert scores["map"].value.value == pytest.approx(1)
    assert scores["macro_f1"].value.value == pytest.approx(1)


@pytest.mark.parametrize("name", [name for name in NAMES if _attack(name).goal is Goal.LINKAGE])
def test_linkage_of_pure_noise_is_chance(name: str, roles: Roles, tmp_path: Path) -> None:
    if _attack(name).threat.tier is Tier.ORACLE:
        return  # an oracle holds the keys, and may find people in noise
    claim = _run(_attack(name), _noise(roles), roles, tmp_path)
    found = linkage_scores(claim, roles.test.scans, (0, "test"))["map"]
    assert found.value.low is not None
    assert found.chance is not None
    assert found.value.low <= found.chance + 0.1


ATTRIBUTES = [name for name in NAMES if _attack(name).goal is Goal.ATTRIBUTE]


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_a_trait_is_told_from_true_label_maps(name: str, roles: Roles, tmp_path: Path) -> None:
    known = roles.test.only((*roles.test.scans, *roles.auxiliary.scans))
    claim = _run(_attack(name), _naked(roles), roles, tmp_path, server=ByHeart(known, CERTAIN))
    checked_claim(Goal.ATTRIBUTE, claim, len(roles.test), roles.test.shape, len(roles.test.classes))
    told = tell_traits([claim], roles.test.scans, roles.auxiliary, (0, "test"))
    assert told.scores[WORST].value.value >= 0.9


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_no_trait_is_told_where_one_brain_stands_for_everybody(name: str, roles: Roles, tmp_path: Path) -> None:
    one = [roles.references.scans[0].image[None]] * len(roles.test)
    claim = _run(_attack(name), one, roles, tmp_path)
    told = tell_traits([claim], roles.test.scans, roles.auxiliary, (0, "test"))
    assert told.scores[WORST].value.value == pytest.approx(0.5)


MEMBERSHIPS = [name for name in NAMES if _attack(name).goal is Goal.MEMBERSHIP]


@pytest.mark.parametrize("name", MEMBERSHIPS)
def test_membership_finds_everybody_whom_the_server_knows_by_heart(name: str, roles: Roles, tmp_path: Path) -> None:
    claim, asked = _run(_attack(name), [], roles, tmp_path), candidates_of(roles, 0, "")
    checked_claim(Goal.MEMBERSHIP, claim, len(asked), roles.test.shape, len(roles.test.classes))
    assert tell_members(claim.scores.tolist(), asked.members, "test").auc.value == 1


@pytest.mark.parametrize("name", MEMBERSHIPS)
def test_membership_finds_nobody_where_the_server_saw_nobody(name: str, roles: Roles, tmp_path: Path) -> None:
    claim, asked = _run(_attack(name), [], roles, tmp_path, learned=roles.references), candidates_of(roles, 0, "")
    auc = tell_members(claim.scores.tolist(), asked.members, "test").auc
    assert auc.low <= 0.5 <= auc.high


@pytest.mark.parametrize("name", MEMBERSHIPS)
def test_membership_sees_nothing_of_people_whose_role_is_known(name: str) -> None:
    require_fair(_attack(name))
