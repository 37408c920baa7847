"""InstaHide: its weights, its signs, and that signs change nothing for the server."""

from pathlib import Path

import numpy as np
import pytest
import torch

from bench.defense import Networks
from bench.defenses.instahide import InstaHide, signs
from bench.defenses.mixup.many import mixtures
from bench.models.segmentation_loss import one_hot
from bench.trainer.seeding import seeded_torch
from bench.types.scan import Roles
from bench.types.traffic import Release
from tests.trainers import trainer_in
from tests.unit.defenses.oracles import ExactUnmixing, perfect_reply

SMALL = InstaHide(iterations=2, batch_size=2, patch=8, widths=(4, 8), unmix_widths=(4, 4, 8), queries=2)


@pytest.fixture(scope="module")
def networks(roles: Roles, tmp_path_factory: pytest.TempPathFactory) -> Networks:
    with seeded_torch(0, "instahide"):
        return SMALL.fit(roles.train, trainer_in(tmp_path_factory.mktemp("instahide")))


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_four_images_none_above_the_cap(roles: Roles) -> None:
    weights = torch.cat([InstaHide().draw_key(_rng(s), roles.references.scans).weights for s in range(400)])
    assert weights.shape == (400, 4)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(400))
    assert float(weights.max()) <= 0.65 + 1e-6
    # Uniform over what is left: for any image P(w > .5) = (.5^3 - .35^3) / (1 - 4 * .35^3).
    expected = (0.5**3 - 0.35**3) / (1 - 4 * 0.35**3)
    assert float((weights[:, 0] > 0.5).float().mean()) == pytest.approx(expected, abs=0.04)


def test_the_release_is_the_centred_mixture_with_random_signs(roles: Roles, networks: Networks) -> None:
    image, key = roles.test.scans[0].image, SMALL.draw_key(_rng(), roles.references.scans)
    sent = SMALL.protect(image, key, networks.client).queries
    brain = torch.cat([scan.image[scan.image > 0] for scan in roles.train])
    centred = mixtures(image, key) - brain.mean()
    torch.testing.assert_close(sent.abs(), centred.abs())
    kept = (sent * centred > 0).float()
    assert float(kept.mean()) == pytest.approx(0.5, abs=0.02)
    assert float(kept[:, :, 5:15, 5:15, 5:15].mean()) == pytest.approx(0.5, abs=0.05)


def test_signs_come_from_the_seed_and_differ_between_queries() -> None:
    masks = signs(4, torch.Size((3, 1, 20, 20, 20)))
    assert set(masks.unique().tolist()) == {-1.0, 1.0}
    assert torch.equal(masks[:2], signs(4, torch.Size((2, 1, 20, 20, 20))))
    assert float((torch.corrcoef(masks.flatten(1)) - torch.eye(3)).abs().max()) < 0.05
    assert not torch.equal(masks, signs(5, torch.Size((3, 1, 20, 20, 20))))


def test_signs_change_nothing_for_the_server(roles: Roles, networks: Networks) -> None:
    key = SMALL.draw_key(_rng(), roles.references.scans)
    release = SMALL.protect(roles.test.scans[0].image, key, networks.client)
    unsigned = Release(release.queries.abs())
    assert torch.equal(SMALL.serve(release, networks.server).maps, SMALL.serve(unsigned, networks.server).maps)


def test_a_perfect_server_and_an_exact_unmixing_return_the_truth(roles: Roles) -> None:
    labels, classes = roles.test.scans[0].labels, len(roles.test.classes)
    key = SMALL.draw_key(_rng(1), roles.references.scans)
    recovered = SMALL.recover(perfect_reply(labels, key, classes), key, ExactUnmixing())
    torch.testing.assert_close(recovered, one_hot(labels[None], classes)[0], atol=1e-3, rtol=0)


def test_a_budget_of_fewer_queries_sends_the_first_of_more(roles: Roles, networks: Networks) -> None:
    image, pool = roles.test.scans[0].image, roles.references.scans
    sent = [
        defense.protect(image, defense.draw_key(_rng(), pool), networks.client).queries
        for defense in (InstaHide(queries=2), InstaHide(queries=5))
    ]
    assert torch.equal(sent[0], sent[1][:2])


def test_turning_the_dial_keeps_references_and_signs(roles: Roles) -> None:
    key = SMALL.draw_key(_rng(), roles.references.scans)
    assert list(SMALL.dialled()) == [0.1, 0.25, 0.4, 0.5, 0.65]
    for value, turned in SMALL.dialled().items():
        other = turned.draw_key(_rng(), roles.references.scans)
        assert float(other.weights[0, 0]) == pytest.approx(value)
        assert float(other.weights.max()) <= 0.65 + 1e-6
        assert other.references[0] == key.references[0]
        assert other.seed == key.seed


def test_trained_centre_is_kept_with_the_networks(roles: Roles, networks: Networks, tmp_path: Path) -> None:
    """Continuing from a checkpoint restores it, as it is a buffer of the client."""
    assert "centre" in networks.client.state_dict()
    brain = torch.cat([scan.image[scan.image > 0] for scan in roles.train])
    assert float(networks.client.get_buffer("centre")) == pytest.approx(float(brain.mean()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cap": 0.25}, "4 weights sum to 1 with none above cap=0.25 only if cap > 1 / images"),
        ({"cap": 1.2}, "only if cap > 1 / images"),
        ({"alpha_min": 0.7}, r"alpha_min must be in \[0, 0.65\), got 0.7"),
        ({"alpha_value": 0.7}, r"alpha_value and alpha_grid must be in \(0, 0.65\]"),
        ({"images": 2, "alpha_value": 0.3}, r"alpha_value and alpha_grid must be in \(0.35, 0.65\]"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        InstaHide(**change)  # type: ignore[arg-type]
