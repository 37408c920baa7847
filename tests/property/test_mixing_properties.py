"""What must hold for any number of images, any cap and any draw."""

import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.defenses.mixup.equations import mix, mix_many
from bench.defenses.mixup.many_key import draw_many_key
from bench.defenses.mixup.training import draw_weights
from bench.models.segmentation_loss import one_hot
from tests.conftest import toy_scan

POOL = tuple(toy_scan(person, 0, (8, 8, 8)) for person in range(40, 48))
seeds = st.integers(0, 2**31)


@given(
    seeds,
    st.integers(2, 6),
    st.integers(1, 8),
    st.floats(0, 0.4),
    st.floats(0.5, 1),
    st.one_of(st.none(), st.just(0.4)),
)
def test_keys_keep_every_promise(
    seed: int, images: int, queries: int, alpha_min: float, cap: float, fixed: float | None
) -> None:
    assume(1 - (images - 1) * cap < 0.35)
    key = draw_many_key(
        np.random.default_rng(seed),
        POOL,
        queries=queries,
        images=images,
        alpha_min=alpha_min,
        alpha_fixed=fixed,
        cap=cap,
    )
    weights = key.weights
    assert weights.shape == (queries, images)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(queries))
    assert float(weights.min()) >= 0
    assert float(weights.max()) <= cap + 1e-5
    assert float(weights[:, 0].min()) >= (alpha_min if fixed is None else fixed) - 1e-6
    assert bool((weights[:, 1:].diff(dim=1) <= 0).all())
    assert len({of_query[0].subject for of_query in key.references}) == queries
    assert all(len({scan.subject for scan in of_query}) == images - 1 for of_query in key.references)


@given(seeds, st.integers(2, 6), st.floats(0, 0.4), st.floats(0.55, 1))
def test_training_weights_keep_every_promise(seed: int, images: int, alpha_min: float, cap: float) -> None:
    weights = draw_weights(16, images, alpha_min, cap, torch.Generator().manual_seed(seed))
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(16))
    assert float(weights[:, 0].min()) >= alpha_min - 1e-6
    assert float(weights.min()) >= 0
    assert float(weights.max()) <= cap
    assert bool((weights[:, 1:].diff(dim=1) <= 0).all())


@given(seeds, st.integers(2, 6))
def test_mixtures_of_distributions_are_distributions(seed: int, images: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    weights = draw_weights(3, images, 0.0, 1.0, rng)
    labels = torch.randint(0, 4, (3, images, 2, 3, 4), generator=rng)
    y = torch.stack([one_hot(group, 4) for group in labels])
    mixed = mix_many(y, weights)
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(3, 2, 3, 4))
    assert float(mixed.min()) >= 0


@given(seeds)
def test_mixing_two_is_eq_2(seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    weights = draw_weights(3, 2, 0.0, 1.0, rng)
    images = torch.rand(3, 2, 1, 2, 3, 4, generator=rng)
    alpha = weights[:, 0, None, None, None, None]
    assert torch.equal(mix_many(images, weights), mix(images[:, 0], images[:, 1], alpha))


@given(seeds, st.integers(2, 5))
def test_a_known_mixture_is_undone_exactly(seed: int, images: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    weights = draw_weights(2, images, 0.1, 1.0, rng)
    labels = torch.randint(0, 4, (2, images, 3, 3, 3), generator=rng)
    y = torch.stack([one_hot(group, 4) for group in labels])
    references = mix_many(torch.cat([torch.zeros_like(y[:, :1]), y[:, 1:]], dim=1), weights)
    target = (mix_many(y, weights) - references) / weights[:, 0, None, None, None, None]
    torch.testing.assert_close(target, y[:, 0], atol=1e-5, rtol=0)
