"""References that releases of one query share: found by their products, with their weights."""

import pytest
import torch
from torch import Tensor

from bench.attacks.linear_inversion import LinearInversion
from bench.attacks.mixtures.common import common_references, one_factor
from bench.attacks.mixtures.equations import error_fraction
from tests.trainers import trainer_in
from tests.unit.attacks.mixtures.gaussians import cohort, draw, missed, mixed, view

COORDINATES = 3000
DEVIATION = COORDINATES**-0.5


def unit(count: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, COORDINATES, generator=generator, dtype=torch.float64) * DEVIATION


def sent(mixtures: int, pool: int, visits: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Products of mixtures of people who come `visits` times, their references and their alphas."""
    generator = torch.Generator().manual_seed(seed)
    alpha = torch.rand(mixtures, generator=generator, dtype=torch.float64)
    chosen = torch.randint(pool, (mixtures,), generator=generator)
    people, references = unit(mixtures // visits, seed + 1), unit(pool, seed + 2)
    who = torch.arange(mixtures) // visits
    m = alpha[:, None] * people[who] + (1 - alpha)[:, None] * references[chosen]
    return m @ m.T, chosen, alpha


def test_one_factor_by_hand_even_with_a_pair_that_does_not_fit() -> None:
    loadings = torch.tensor([0.9, 0.7, 0.5, 0.8, 0.6], dtype=torch.float64)
    products = torch.outer(loadings, loadings)
    products[0, 1] = products[1, 0] = 1.2
    found = one_factor(products, ~torch.eye(5, dtype=torch.bool), 0.08)
    torch.testing.assert_close(found, loadings, atol=1e-4, rtol=0)


@pytest.mark.parametrize("pool", [1, 2, 4, 8])
@pytest.mark.parametrize("visits", [1, 2])
def test_groups_are_pure_and_their_weights_right(pool: int, visits: int) -> None:
    products, chosen, alpha = sent(60, pool, visits, seed=pool)
    found = common_references(products, torch.arange(60), DEVIATION)
    assert int(found.group.max()) + 1 == pool
    for group in range(pool):
        assert len(chosen[found.group == group].unique()) == 1
    held = found.group >= 0
    assert float((found.weight - (1 - alpha))[held].abs().max()) < 0.06
    assert float(alpha[~held].min()) > 0.6  # whoever is left out hardly holds a reference


@pytest.mark.parametrize("seed", range(5))
def test_fresh_references_and_pairs_of_visits_make_no_group(seed: int) -> None:
    alpha = torch.rand(40, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    people, references = unit(20, seed + 50), unit(40, seed + 90)
    m = alpha[:, None] * people[torch.arange(40) // 2] + (1 - alpha)[:, None] * references
    assert int(common_references(m @ m.T, torch.arange(40), DEVIATION).group.max()) == -1


def test_queries_of_one_release_say_nothing_about_references() -> None:
    people, references = unit(1, 3), unit(6, 4)
    m = 0.6 * people + 0.4 * references  # the target is common to all
    assert int(common_references(m @ m.T, torch.zeros(6, dtype=torch.long), DEVIATION).group.max()) == -1


@pytest.mark.parametrize("seed", range(3))
def test_one_reference_for_everyone_gives_everyone_away_with_one_query(seed: int, tmp_path: object) -> None:
    alpha = torch.linspace(0.3, 0.9, 24)[torch.randperm(24, generator=torch.Generator().manual_seed(seed))][:, None]
    targets, pool = draw(24, seed), draw(1, seed + 10)
    queries = mixed(targets, pool, alpha, torch.zeros(24, 1, dtype=torch.long))
    own = cohort(draw(16, seed + 20))
    left = {}
    for link in (False, True):
        one = LinearInversion(link=link)
        images = one.run(view(one, queries, own), trainer_in(tmp_path)).images  # type: ignore[arg-type]
        left[link] = missed(images, targets)
    alone = sum(error_fraction(float(a), 1) for a in alpha[:, 0]) / 24
    assert left[False] > 0.8 * alone
    assert left[True] < 0.33 * alone
