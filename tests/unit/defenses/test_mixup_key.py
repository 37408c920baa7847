"""Keys of Mixup-Privacy: which references, which weights."""

import numpy as np
import pytest
import torch

from bench.defenses.mixup.key import draw_alpha, draw_patchwise_key, draw_volume_key
from bench.defenses.mixup.variants import MixupLearned, MixupLearnedTTA, MixupNaiveTTA
from bench.defenses.no_proxy import NoProxy
from bench.errors import BenchError
from bench.types.scan import Roles


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_alpha_is_uniform_and_never_zero() -> None:
    alpha = draw_alpha(_rng(), (20_000,), 0.0, None)
    assert float(alpha.min()) > 0
    assert float(alpha.max()) <= 1
    histogram = torch.histc(alpha, 10, 0, 1) / len(alpha)
    torch.testing.assert_close(histogram, torch.full((10,), 0.1), atol=0.01, rtol=0)


def test_alpha_respects_its_minimum_and_can_be_fixed() -> None:
    assert float(draw_alpha(_rng(), (1000,), 0.6, None).min()) > 0.6
    assert draw_alpha(_rng(), (3,), 0.0, 0.7).tolist() == pytest.approx([0.7] * 3)


def test_shared_alpha_is_one_number_for_all_queries(roles: Roles) -> None:
    pool = roles.references.scans
    shared = draw_volume_key(_rng(), pool, queries=5, alpha_min=0.0, alpha_fixed=None, alpha_shared=True)
    own = draw_volume_key(_rng(), pool, queries=5, alpha_min=0.0, alpha_fixed=None, alpha_shared=False)
    assert len(shared.alpha.unique()) == 1
    assert len(own.alpha.unique()) == 5


def test_references_are_drawn_without_replacement(roles: Roles) -> None:
    pool = roles.references.first_visits().scans
    key = draw_volume_key(_rng(), pool, queries=len(pool), alpha_min=0.0, alpha_fixed=None, alpha_shared=True)
    assert len({image.numpy().tobytes() for image in key.images}) == len(pool)


def test_fewer_queries_use_the_first_references_of_more_queries(roles: Roles) -> None:
    pool = roles.references.scans
    few = MixupNaiveTTA(queries=2).draw_key(_rng(), pool)
    many = MixupLearnedTTA(queries=6).draw_key(_rng(), pool)
    assert torch.equal(few.images, many.first(2).images)
    assert torch.equal(few.alpha, many.first(2).alpha)


def test_a_pool_that_is_too_small_is_one_clear_line(roles: Roles) -> None:
    with pytest.raises(
        BenchError, match="queries=30 needs as many references, the client's pool has 12; lower queries"
    ):
        MixupLearnedTTA().draw_key(_rng(), roles.references.scans)


def test_pool_size_limits_the_references(roles: Roles) -> None:
    defense = MixupLearned(ref_pool_size=1)
    keys = [defense.draw_key(_rng(seed), roles.references.scans) for seed in range(5)]
    assert len({key.images.numpy().tobytes() for key in keys}) == 1


@pytest.mark.parametrize("random_location", [False, True])
def test_patchwise_key_has_one_weight_and_one_scan_per_cube(roles: Roles, random_location: bool) -> None:
    pool = roles.references.scans
    key = draw_patchwise_key(
        _rng(),
        pool,
        queries=2,
        piece=8,
        alpha_min=0.0,
        alpha_fixed=None,
        alpha_shared=False,
        random_location=random_location,
    )
    assert key.images.shape == (2, 1, 20, 24, 20)
    assert key.alpha.shape == key.images.shape
    assert len(key.alpha[0, :, :8, :8, :8].unique()) == 1
    assert len(key.alpha.unique()) == 2 * 3 * 3 * 3
    cube = key.images[0, 0, 8:16, 8:16, 8:16]
    at_home = [torch.equal(cube, scan.image[0, 8:16, 8:16, 8:16]) for scan in pool]
    assert any(at_home) is not random_location


def test_image_and_labels_of_a_patchwise_key_belong_together(roles: Roles) -> None:
    key = MixupLearned(alpha_scope="patch", patch=8).draw_key(_rng(), roles.references.scans)
    outside = key.labels[0] == 0
    assert float(key.images[0, 0][outside].abs().max()) == 0
    assert float(key.images[0, 0][~outside].min()) > 0


def test_alpha_of_one_sends_what_no_proxy_sends(roles: Roles) -> None:
    scan = roles.test.scans[0]
    naked = MixupLearned(alpha_test="fixed", alpha_value=1.0)
    key = naked.draw_key(_rng(), roles.references.scans)
    sent = naked.protect(scan.image, key, torch.nn.Identity())
    clean = NoProxy().protect(scan.image, None, torch.nn.Identity())
    assert torch.equal(sent.queries, clean.queries)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha_min": 1.0}, r"alpha_min must be in \[0, 1\), got 1.0"),
        ({"alpha_value": 0.0}, r"alpha_value must be in \(0, 1\], got 0.0"),
        ({"queries": 0}, "queries must be >= 1, got 0"),
        ({"ref_pool_size": 0}, "ref_pool_size must be >= 1 or None, got 0"),
        ({"ref_alignment": "random_location"}, "needs alpha_scope=patch"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MixupLearned(**change)  # type: ignore[arg-type]


def test_turning_the_dial_keeps_the_references(roles: Roles) -> None:
    defense = MixupLearnedTTA(queries=3)
    key = defense.draw_key(_rng(), roles.references.scans)
    for value, turned in defense.dialled().items():
        other = turned.draw_key(_rng(), roles.references.scans)
        assert len(other) == 1
        assert float(other.alpha) == pytest.approx(value)
        assert torch.equal(other.images[0], key.images[0])
