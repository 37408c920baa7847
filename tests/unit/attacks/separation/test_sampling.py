"""What every sampler promises: resumable, seeded, gentle with its inputs, and a prior asked in one batch."""

import io
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from bench.attacks.separation.alternation import Alternation
from bench.attacks.separation.karras import Karras
from bench.attacks.separation.langevin import AnnealedLangevin
from bench.attacks.separation.mixing import per_mixture
from bench.attacks.separation.prior import Prior
from bench.attacks.separation.sampling import Sampler, SamplerState, sample
from bench.attacks.separation.schedules import karras_sigmas
from bench.attacks.separation.weights import AlphaUpdate
from tests.unit.attacks.separation.toys import RandomField, generator, mixtures

FIELD = RandomField()
SIGMAS = karras_sigmas(20.0, 0.01, 8)
SAMPLERS = {
    "langevin": (AnnealedLangevin(steps_per_level=2), Prior(FIELD.score)),
    "karras": (Karras(sigmas=SIGMAS, churn=4.0, update=AlphaUpdate()), Prior(FIELD.denoiser)),
    "alternation": (Alternation(sigmas=SIGMAS, update=AlphaUpdate()), Prior(FIELD.denoiser)),
}
OBSERVED = mixtures(FIELD.draw((5, 4), seed=0), 0.4)


@pytest.mark.parametrize("name", SAMPLERS)
@pytest.mark.parametrize("stop", [1, 5])
def test_a_run_saved_and_resumed_ends_where_an_undisturbed_one_does(name: str, stop: int) -> None:
    sampler, prior = SAMPLERS[name]
    whole = sample(sampler, sampler.start(OBSERVED, 0.4, generator(2)), OBSERVED, prior)
    file = io.BytesIO()

    def save_and_stop(state: SamplerState) -> None:
        if state.step == stop:
            torch.save(vars(state), file)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample(sampler, sampler.start(OBSERVED, 0.4, generator(2)), OBSERVED, prior, save_and_stop)
    file.seek(0)
    resumed = sample(sampler, SamplerState(**torch.load(file, weights_only=True)), OBSERVED, prior)
    assert torch.equal(resumed.sources, whole.sources)
    assert torch.equal(resumed.alpha, whole.alpha)
    assert (resumed.step, resumed.calls) == (whole.step, whole.calls)


@pytest.mark.parametrize("name", SAMPLERS)
def test_calls_are_counted_steps_are_heard_and_inputs_stay(name: str) -> None:
    sampler, prior = SAMPLERS[name]
    observed, asked, heard = OBSERVED.clone(), [], []

    def counted(x: Tensor, sigma: float) -> Tensor:
        asked.append((x.shape, sigma))
        return prior(x[:, None], sigma)[:, 0]

    end = sample(sampler, sampler.start(observed, 0.4, generator(2)), observed, Prior(counted), heard.append)
    assert end.calls == len(asked)
    assert {shape for shape, _ in asked} == {(5 * 4, 4, 4)}
    assert [state.step for state in heard] == list(range(1, sampler.steps + 1))
    assert torch.equal(observed, OBSERVED)


def test_items_of_a_batch_come_chain_by_chain() -> None:
    sources = torch.arange(6.0).reshape(2, 3, 1)
    seen: list[list[float]] = []

    def record(x: Tensor, sigma: float) -> Tensor:
        seen.append(x[:, 0].tolist())
        return x * 10

    together = Prior(record)(sources, 1.0)
    apart = Prior(record, record)(sources, 1.0)
    assert seen == [[0, 1, 2, 3, 4, 5], [0, 3], [1, 2, 4, 5]]
    assert torch.equal(together, apart)
    assert torch.equal(together, sources * 10)


def test_a_sampler_that_leaves_the_finite_numbers_says_so() -> None:
    sampler = Karras(sigmas=SIGMAS)
    with pytest.raises(FloatingPointError, match="after step 1 of 8"):
        sample(sampler, sampler.start(OBSERVED, 0.4, generator(0)), OBSERVED, Prior(lambda x, sigma: x / 0))


@pytest.mark.parametrize("alpha", [0.4, torch.tensor([0.1, 0.2]), torch.tensor([[0.1, 0.2, 0.3]] * 2)])
def test_weights_per_chain_or_per_mixture(alpha: float | Tensor) -> None:
    weights = per_mixture(alpha, torch.zeros(2, 3, 4))
    assert weights.shape == (2, 3)
    last = torch.as_tensor(alpha).flatten()[-1]
    assert weights[1, 2] == last


@pytest.mark.parametrize("alpha", [0.0, 1.0, float("nan"), torch.tensor([0.5, 0.5, 0.5])])
def test_weights_without_meaning_are_refused(alpha: float | Tensor) -> None:
    with pytest.raises(ValueError, match="alpha must"):
        per_mixture(alpha, torch.zeros(2, 4, 5))


@pytest.mark.parametrize("sampler", [Karras(sigmas=SIGMAS), Alternation(sigmas=SIGMAS)])
def test_different_weights_per_mixture_are_explained_exactly(sampler: Sampler) -> None:
    alpha = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64).expand(5, 3)
    sources = FIELD.draw((5, 4), seed=0)
    observed = mixtures(sources, alpha)
    end = sample(sampler, sampler.start(observed, alpha, generator(0)), observed, Prior(FIELD.denoiser))
    torch.testing.assert_close(mixtures(end.sources, alpha), observed)
    assert torch.equal(replace(end).alpha, alpha)
