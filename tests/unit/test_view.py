"""The attacker's view holds what the card grants and nothing else."""

import copy
import pickle

import numpy as np
import pytest
import torch

from bench.errors import GrantError
from bench.types.threat import GRANTS, Knows, Observes, Owns, ThreatModel, Tier
from bench.types.traffic import Release, Reply, Transcript
from bench.view import AttackerView, view_for
from tests.conftest import toy_cohort

ORACLE = ThreatModel(
    tier=Tier.ORACLE, observes=frozenset(Observes), knows=frozenset(Knows), owns=frozenset(Owns), queries=2
)


def _view(threat: ThreatModel) -> AttackerView:
    transcript = Transcript(
        [Release(torch.full((3, 1, 2, 2, 2), float(scan))) for scan in range(4)],
        [Reply(torch.full((3, 2, 2, 2, 2), float(scan))) for scan in range(4)],
        [Reply(torch.full((3, 2, 2, 2, 2), float(scan))) for scan in range(4)],
    )
    own = toy_cohort(range(2))
    offers = {
        "keys": ["key"],
        "auxiliary": own,
        "reference_pool": own,
        "server": torch.nn.Identity(),
        "candidates": own,
        "client": lambda scan, rng: Release(scan.image[None]),
        "training": lambda scans, run, effort: torch.nn.Linear(len(scans), 1),
    }
    return view_for("test", threat, transcript, offers, ("background", "brain"), 2.0)


@pytest.mark.parametrize("grant", GRANTS)
def test_an_ungranted_field_raises_and_names_the_missing_grant(grant: Observes | Knows | Owns) -> None:
    view = _view(ThreatModel(tier=Tier.IGNORANT))
    with pytest.raises(GrantError, match=rf"touched view\.{grant.value}.*Add {type(grant).__name__}\.{grant.name}"):
        getattr(view, grant.value)


@pytest.mark.parametrize("grant", GRANTS)
def test_a_default_does_not_hide_the_attempt(grant: Observes | Knows | Owns) -> None:
    with pytest.raises(GrantError):
        getattr(_view(ThreatModel(tier=Tier.IGNORANT)), grant.value, None)
    with pytest.raises(GrantError):
        hasattr(_view(ThreatModel(tier=Tier.IGNORANT)), grant.value)


@pytest.mark.parametrize("name", ["truth", "identities", "scans", "_granted", "transcript"])
def test_there_is_nothing_else_in_a_view(name: str) -> None:
    with pytest.raises(GrantError, match=f"touched view.{name}"):
        getattr(_view(ORACLE), name)


def test_granted_fields_are_there() -> None:
    view = _view(ORACLE)
    assert len(view.releases) == len(view.replies) == len(view.training_labels) == 4
    assert len(view.auxiliary) == len(view.candidates) == 4
    assert view.training(view.candidates, "a run", 0.5).in_features == 4
    assert list(view.keys) == ["key"]
    assert len(view.client(view.auxiliary.scans[0], np.random.default_rng(0))) == 1


def test_the_budget_cuts_releases_and_replies() -> None:
    view = _view(ORACLE)
    assert {len(release) for release in view.releases} == {2}
    assert {len(reply) for reply in (*view.replies, *view.training_labels)} == {2}
    assert [float(query[0, 0, 0, 0]) for query in view.first_queries()] == [0, 1, 2, 3]


def test_a_view_cannot_be_copied_or_pickled() -> None:
    view = _view(ORACLE)
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(GrantError, match=r"touched view\.__(reduce|deepcopy)__"):
            attempt(view)


def test_a_view_takes_no_new_fields() -> None:
    with pytest.raises(AttributeError):
        _view(ORACLE).loot = 1  # type: ignore[attr-defined]


def test_a_card_that_grants_what_the_run_lacks_is_refused() -> None:
    threat = ThreatModel(tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.REPLY}))
    with pytest.raises(GrantError, match="grants replies, which this run does not have"):
        view_for("test", threat, Transcript([]), {}, ("background",), 1.0)


def test_a_low_tier_cannot_know_keys() -> None:
    with pytest.raises(ValueError, match="knows keys is tier T3 or T4, got T2"):
        ThreatModel(tier=Tier.SEMI_INFORMED, knows=frozenset({Knows.KEYS}))


def test_a_budget_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="queries must be >= 1 or None, got 0"):
        ThreatModel(tier=Tier.IGNORANT, queries=0)
