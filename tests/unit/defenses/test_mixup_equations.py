"""Eq. 2-6 against hand-computed arrays."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from bench.defenses.mixup.equations import mix, unmix_by_network, unmix_naively
from bench.defenses.mixup.key import MixupKey
from bench.defenses.mixup.variants import MixupLearnedTTA, MixupNaive, MixupNaiveTTA
from bench.models.segmentation_loss import one_hot
from bench.types.traffic import Reply


def _weight(*alphas: float) -> Tensor:
    return torch.tensor(alphas).reshape(-1, 1, 1, 1, 1)


def _line(*values: float) -> Tensor:
    return torch.tensor(values).reshape(1, 1, 1, 1, -1)


def test_eq_2_by_hand() -> None:
    mixed = mix(_line(1.0, 0.5, 0.0), _line(0.0, 0.5, 0.8), _weight(0.25))
    torch.testing.assert_close(mixed, _line(0.25, 0.5, 0.6))


def test_eq_3_by_hand() -> None:
    y, y_ref = one_hot(torch.tensor([[[[1, 2]]]]), 3), one_hot(torch.tensor([[[[0, 2]]]]), 3)
    mixed = mix(y, y_ref, _weight(0.3))
    torch.testing.assert_close(mixed[0, :, 0, 0, 0], torch.tensor([0.7, 0.3, 0.0]))
    torch.testing.assert_close(mixed[0, :, 0, 0, 1], torch.tensor([0.0, 0.0, 1.0]))


def test_eq_4_by_hand() -> None:
    unmixed = unmix_naively(_line(0.6, 0.2), _line(1.0, 0.0), _weight(0.5))
    torch.testing.assert_close(unmixed, _line(0.2, 0.4))


def test_eq_5_mixes_one_target_with_every_reference() -> None:
    references = torch.cat([_line(0.0, 1.0), _line(1.0, 0.0)])
    mixed = mix(_line(0.5, 0.5), references, _weight(0.6, 0.6))
    torch.testing.assert_close(mixed.reshape(2, 2), torch.tensor([[0.3, 0.7], [0.7, 0.3]]))


@given(st.floats(0.05, 1.0), st.integers(0, 2**31))
def test_unmixing_a_perfect_mixture_returns_the_target(alpha: float, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    y, y_ref = (one_hot(torch.randint(0, 4, (1, 3, 3, 3), generator=rng), 4) for _ in range(2))
    unmixed = unmix_naively(mix(y, y_ref, _weight(alpha)), y_ref, _weight(alpha))
    assert torch.equal(unmixed.argmax(dim=1), y.argmax(dim=1))
    torch.testing.assert_close(unmixed, y, atol=1e-4, rtol=0)


def _key(*alphas: float) -> MixupKey:
    count = len(alphas)
    labels = torch.tensor([0, 1], dtype=torch.uint8).reshape(1, 1, 1, 2).expand(count, 1, 1, 2)
    return MixupKey(alpha=_weight(*alphas), images=torch.zeros(count, 1, 1, 1, 2), labels=labels)


def _reply(*first_class: tuple[float, float]) -> Reply:
    rows = [[[list(p)]] for p in first_class]
    p = torch.tensor(rows)[:, None]  # query 1 1 1 2
    return Reply(torch.cat([p, 1 - p], dim=1))


def test_eq_6_is_the_mean_of_the_unmixed_maps() -> None:
    # y_ref of class 0 is (1, 0): query 1 gives (.8 - .5)/.5, (.2 - 0)/.5; query 2 gives (.6 - .5)/.5, (.4 - 0)/.5.
    recovered = MixupNaiveTTA(queries=2).recover(_reply((0.8, 0.2), (0.6, 0.4)), _key(0.5, 0.5), nn.Identity())
    torch.testing.assert_close(recovered[0].flatten(), torch.tensor([(0.6 + 0.2) / 2, (0.4 + 0.8) / 2]))


def test_weighting_by_alpha_is_the_weighted_mean() -> None:
    defense = MixupNaiveTTA(queries=2, naive_tta_weight="alpha")
    recovered = defense.recover(_reply((0.8, 0.2), (0.9, 0.4)), _key(0.5, 0.25), nn.Identity())
    one, two = (0.8 - 0.5) / 0.5, (0.9 - 0.75) / 0.25
    torch.testing.assert_close(float(recovered[0, 0, 0, 0]), (0.5 * one + 0.25 * two) / 0.75)


def test_clipped_naive_maps_are_a_distribution() -> None:
    recovered = MixupNaive(naive_clip=True).recover(_reply((0.1, 0.95)), _key(0.2), nn.Identity())
    assert recovered.min() >= 0
    assert recovered.max() <= 1
    torch.testing.assert_close(recovered.sum(dim=0), torch.ones(1, 1, 2))


class _Echo(nn.Module):
    """A D whose answer shows what it was given."""

    def forward(self, y_hat_mix: Tensor, y_ref: Tensor, alpha: Tensor) -> Tensor:
        return (y_hat_mix + 2 * y_ref) * alpha[:, None, None, None, None]


def test_the_network_gets_maps_reference_and_its_own_alpha() -> None:
    maps, y_ref = torch.rand(2, 3, 2, 2, 2), torch.rand(2, 3, 2, 2, 2)
    unmixed = unmix_by_network(_Echo(), maps, y_ref, _weight(0.2, 0.7), None)
    torch.testing.assert_close(unmixed, ((maps + 2 * y_ref) * _weight(0.2, 0.7)).softmax(dim=1))


def test_cube_by_cube_gives_every_cube_its_own_alpha() -> None:
    alpha = torch.ones(1, 1, 2, 2, 4)
    alpha[..., 2:] = 0.5
    maps, y_ref = torch.rand(1, 3, 2, 2, 4), torch.rand(1, 3, 2, 2, 4)
    unmixed = unmix_by_network(_Echo(), maps, y_ref, alpha, 2)
    torch.testing.assert_close(unmixed, ((maps + 2 * y_ref) * alpha).softmax(dim=1))


@pytest.mark.parametrize("queries", [1, 3])
def test_one_query_of_many_is_the_single_prediction(queries: int) -> None:
    """K = 1 TTA equals the prediction without TTA; a longer key changes nothing about its first query."""
    torch.manual_seed(0)
    maps = torch.rand(queries, 2, 1, 1, 2)
    key = _key(*[0.4] * queries)
    tta = MixupLearnedTTA(queries=queries).recover(Reply(maps[:1]), key, _Echo())
    single = unmix_by_network(_Echo(), maps[:1], one_hot(key.labels[:1], 2), key.alpha[:1], None)[0]
    torch.testing.assert_close(tta, single)
