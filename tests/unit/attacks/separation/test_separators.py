"""The samplers as the attacks use them: on a toy prior whose posterior is known, and with the true key."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bench.attacks.separation.covariance import cosine_basis, fit_covariance
from bench.attacks.separation.edm_separator import AlphaBy, EdmSeparator, Path
from bench.attacks.separation.langevin import AnnealedLangevin
from bench.attacks.separation.langevin_separator import LangevinSeparator
from bench.attacks.separation.schedules import geometric_sigmas
from bench.attacks.separation.separator import Separator
from bench.models.inference import in_half_on_gpu
from bench.models.score.anatomy import Anatomy
from bench.models.score.atlas import AtlasDenoiser
from bench.types.scan import Roles


def _untrained(roles: Roles, **changes: object) -> EdmSeparator:
    """Its denoiser is the linear one that knows every voxel's spread: a Gaussian prior, exactly."""
    denoiser = AtlasDenoiser(Anatomy.of(roles.auxiliary.scans), (4,)).eval()
    residuals = torch.stack([denoiser.anatomy.residual(scan.image[None])[0] for scan in roles.auxiliary])
    given = EdmSeparator(
        denoiser=denoiser,
        covariance=fit_covariance(residuals, [cosine_basis(side) for side in roles.auxiliary.shape]),
        path=Path.CENTRE,
        levels=6,
        noisiest=20.0,
        finest=0.02,
        mixtures=1,
        restarts=1,
        alpha_by=AlphaBy.GIVEN,
        by_energy=False,
    )
    return replace(given, **changes)  # type: ignore[arg-type]


def _mixtures(roles: Roles, alphas: list[float], queries: int = 1) -> tuple[Tensor, Tensor]:
    scans, references = roles.test.scans, roles.references.scans
    sent = [
        torch.stack([a * scan.image + (1 - a) * references[k].image for k in range(queries)])
        for a, scan in zip(alphas, scans, strict=False)
    ]
    return torch.stack(sent), torch.tensor(alphas)


def _separate(separator: Separator, queries: Tensor, alpha: Tensor) -> tuple[Tensor, Tensor, int]:
    calls: list[int] = []
    found = separator(queries, alpha, torch.Generator().manual_seed(0), calls.append)
    return *found.best, sum(calls)


@pytest.mark.parametrize("path", list(Path))
def test_sources_explain_the_mixture_exactly(path: Path, roles: Roles) -> None:
    queries, alpha = _mixtures(roles, [0.2, 0.5, 0.8])
    target, other, calls = _separate(_untrained(roles, path=path), queries, alpha)
    a = alpha[:, None, None, None, None]
    torch.testing.assert_close(a * target + (1 - a) * other, queries[:, 0], atol=1e-4, rtol=0)
    assert calls == _untrained(roles, path=path).calls


def test_scans_together_are_separated_as_alone(roles: Roles) -> None:
    queries, alpha = _mixtures(roles, [0.3, 0.6], queries=3)
    together, _, _ = _separate(_untrained(roles), queries, alpha)
    alone = torch.cat([_separate(_untrained(roles), queries[i : i + 1], alpha[i : i + 1])[0] for i in range(2)])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_fewer_levels_take_fewer_calls(roles: Roles) -> None:
    whole = _untrained(roles, levels=8)
    assert [one.calls for one in whole.cheaper()] == [1, 3, 7]
    assert whole.calls == 15
    sampler = AnnealedLangevin(steps_per_level=30)
    langevin = LangevinSeparator(score=torch.nn.Identity(), sampler=sampler, restarts=1, denoise=True, exact=False)
    assert [one.calls for one in langevin.cheaper()] == [31, 101]
    assert langevin.calls == 301


def test_the_likeliest_restart_is_one_of_them_and_the_mean_is_not(roles: Roles) -> None:
    queries, alpha = _mixtures(roles, [0.6, 0.4])
    separator = _untrained(roles, path=Path.ALTERNATION, restarts=3, by_energy=True)
    calls: list[int] = []
    found = separator(queries, alpha, torch.Generator().manual_seed(0), calls.append)
    assert found.energies is not None
    assert found.energies.shape == (3, 2)
    for scan in range(2):
        chosen = int(found.energies[:, scan].argmin())
        assert torch.equal(found.best[0][scan], found.targets[chosen, scan])
    assert sum(calls) == separator.calls


def test_energy_finds_the_weight_of_what_is_nearly_naked(roles: Roles) -> None:
    """The prior alone, without the traffic's moments: which of the five weights explains a mixture best."""
    queries, alpha = _mixtures(roles, [0.9, 0.9])
    separator = _untrained(roles, alpha_by=AlphaBy.ENERGY, levels=3)
    found = separator(queries, torch.full_like(alpha, 0.5), torch.Generator().manual_seed(0), lambda calls: None)
    assert [round(value, 2) in (0.1, 0.9) for value in found.alpha.tolist()] == [True, True]  # or its mirror image
    assert found.targets.shape == found.others.shape == (1, 2, *roles.test.scans[0].image.shape)


def test_the_published_sampler_separates_one_query_from_every_start(roles: Roles) -> None:
    queries, alpha = _mixtures(roles, [0.5, 0.9], queries=2)
    atlas = torch.stack([scan.image for scan in roles.auxiliary]).mean(dim=0)

    class Score(torch.nn.Module):
        """Of N(atlas, .1^2)."""

        def forward(self, x: Tensor, sigma: float) -> Tensor:
            return (atlas - x) / (0.01 + sigma**2)

    separator = LangevinSeparator(
        score=Score(), sampler=AnnealedLangevin(steps_per_level=60), restarts=2, denoise=True, exact=False
    )
    calls: list[int] = []
    found = separator(queries, alpha, torch.Generator().manual_seed(0), calls.append)
    assert found.targets.shape == (2, 2, *roles.test.scans[0].image.shape)
    assert sum(calls) == separator.calls == 601
    assert not torch.equal(found.targets[0], found.targets[1])
    a = alpha[:, None, None, None, None]
    target, other = found.best
    left = a * target + (1 - a) * other - queries[:, 0]
    assert float(left.square().mean().sqrt()) < 0.02  # about sigma_L
    expected = atlas + a / (a**2 + (1 - a) ** 2) * (queries[:, 0] - atlas)  # the posterior mean of that prior
    assert float((target - expected).square().mean().sqrt()) < 0.1  # two draws; a posterior deviation is .07 at .5


def test_half_precision_changes_little_and_only_where_it_is_asked_for(roles: Roles) -> None:
    torch.manual_seed(0)
    network = torch.nn.Conv3d(1, 1, 3, padding=1).requires_grad_(False)
    x = torch.randn(1, 1, 8, 8, 8)
    assert torch.equal(in_half_on_gpu(network)(x), network(x))
    halved = in_half_on_gpu(network, devices=("cpu",))(x)
    assert halved.dtype is torch.float32
    assert 0 < float((halved - network(x)).abs().max()) < 0.02


def test_of_a_nearly_naked_target_both_recover_more_than_the_mixture_shows(roles: Roles) -> None:
    """alpha = .95, the prior known exactly, people drawn from it.

    Doing nothing leaves .05 (r - x), twice the prior's variance times .05^2. One draw from the posterior is as far
    off, (.05 / .95)^2 of two draws' distance: only means over restarts, or the centre, are closer.
    """
    alpha = torch.full((2,), 0.95)
    generator = torch.Generator().manual_seed(1)

    class Score(torch.nn.Module):
        """Of N(.5, .1^2)."""

        def forward(self, x: Tensor, sigma: float) -> Tensor:
            return (0.5 - x) / (0.01 + sigma**2)

    truth, stranger = 0.5 + 0.1 * torch.randn(2, 2, 1, 12, 12, 12, generator=generator)
    queries = (0.95 * truth + 0.05 * stranger)[:, None]
    sampler = AnnealedLangevin(sigmas=geometric_sigmas(1.0, 0.003, 14), delta=2.7e-6, steps_per_level=40)
    langevin = LangevinSeparator(score=Score(), sampler=sampler, restarts=4, denoise=True, exact=True)
    assert _error(langevin, queries, alpha, truth) < 0.8 * float((queries[:, 0] - truth).square().mean())

    edm = _untrained(roles)
    anatomy = edm.denoiser.anatomy
    noise = torch.randn(2, 2, *anatomy.atlas.shape, generator=generator)
    truth, stranger = anatomy.image((noise * anatomy.spread).flatten(0, 1)).unflatten(0, (2, 2))
    queries = (0.95 * truth + 0.05 * stranger)[:, None]
    assert _error(edm, queries, alpha, truth) < 0.6 * float((queries[:, 0] - truth).square().mean())


def _error(separator: Separator, queries: Tensor, alpha: Tensor, truth: Tensor) -> float:
    return float((_separate(separator, queries, alpha)[0] - truth).square().mean())
