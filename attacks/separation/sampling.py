"""What all samplers share: a state that can be put away after any step, and the loop over steps."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bench.attacks.separation.prior import Prior


@dataclass(frozen=True, kw_only=True)
class SamplerState:
    """Everything that the next step depends on; `torch.save(vars(state), path)` puts it away.

    `SamplerState(**torch.load(path))` brings it back, and going on gives bit for bit what an undisturbed run gives.

    Attributes:
        sources: target (source 0) and references of every chain; noisy until the last step is done.
        alpha: the target's weights, as given or as estimated so far.
        step: steps done.
        calls: evaluations of the prior so far; one evaluation covers all sources of all chains.
        random: state of the random generator.
    """

    sources: Float[Tensor, "chain source *shape"]
    alpha: Float[Tensor, "chain mixture"]
    step: int
    calls: int
    random: UInt8[Tensor, " bytes"]

    @property
    def target(self) -> Float[Tensor, "chain *shape"]:
        """The reconstruction, one for every chain."""
        return self.sources[:, 0]

    @property
    def references(self) -> Float[Tensor, "chain mixture *shape"]:
        """The references' reconstructions."""
        return self.sources[:, 1:]

    def generator(self) -> torch.Generator:
        """A generator that goes on where this state left off."""
        generator = torch.Generator(device=self.sources.device)
        generator.set_state(self.random.cpu())
        return generator

    def after(
        self, sources: Tensor, generator: torch.Generator, calls: int, alpha: Tensor | None = None
    ) -> "SamplerState":
        """The state one step and `calls` evaluations of the prior later."""
        return replace(
            self,
            sources=sources,
            alpha=self.alpha if alpha is None else alpha,
            step=self.step + 1,
            calls=self.calls + calls,
            random=generator.get_state(),
        )


@runtime_checkable
class Sampler(Protocol):
    """Settings of a sampler that turn one state into the next."""

    @property
    def steps(self) -> int:
        """Steps from start to end."""

    def start(
        self,
        observed: Float[Tensor, "chain mixture *shape"],
        alpha: float | Float[Tensor, "..."],
        generator: torch.Generator,
    ) -> SamplerState:
        """The state before the first step; moves `generator` on."""

    def step(self, state: SamplerState, observed: Float[Tensor, "chain mixture *shape"], prior: Prior) -> SamplerState:
        """The state one step later; changes nothing it was given."""


def telling(on_calls: Callable[[int], None]) -> Callable[[SamplerState], None]:
    """What `sample` can tell of every step: how many evaluations of the prior it took."""
    told = 0

    def hear(state: SamplerState) -> None:
        nonlocal told
        on_calls(state.calls - told)
        told = state.calls

    return hear


@torch.no_grad()
def sample(
    sampler: Sampler,
    state: SamplerState,
    observed: Float[Tensor, "chain mixture *shape"],
    prior: Prior,
    on_step: Callable[[SamplerState], None] | None = None,
) -> SamplerState:
    """Run `sampler` from `state` to its end.

    Args:
        on_step: hears of the state after every step, to show progress (`state.step` of `sampler.steps`) or to save.

    Raises:
        FloatingPointError: sources left the finite numbers; says after which step.
    """
    while state.step < sampler.steps:
        state = sampler.step(state, observed, prior)
        if not bool(state.sources.isfinite().all()):
            raise FloatingPointError(f"sources are not finite after step {state.step} of {sampler.steps}")
        if on_step is not None:
            on_step(state)
    return state
