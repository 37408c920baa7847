"""What a method hands to the shared trainer, and what it gets back."""

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

Decay = Literal["none", "cosine"]
"""How the learning rate falls: not at all, or to zero along half a cosine."""


@runtime_checkable
class Sampler(Protocol):
    """Draws one batch; must depend on nothing but the generator, so that training resumes exactly."""

    def draw(self, generator: torch.Generator) -> Any:
        """A batch on the generator's device."""


@dataclass(frozen=True, eq=False)
class Phase:
    """One optimiser's part in a training step; adversarial methods list several, in the order they take turns.

    Attributes:
        name: shown in progress and history.
        objective: called with `(batch, generator)`; returns named loss terms, whose sum is minimised.
        trained: the module whose parameters this phase updates.
    """

    name: str
    objective: nn.Module
    trained: nn.Module


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        learning_rate: Adam's step size, at the start.
        decay: `none` keeps it; `cosine` lets it fall to zero along half a cosine (Loshchilov and Hutter, "SGDR", 2017,
            Eq. 5, without restarts), so that what training ends with depends less on its last few batches.
        ema_decay: decay of the exponential moving average of the weights that is kept as the result; None for none.
    """

    iterations: int
    learning_rate: float
    decay: Decay = "none"
    ema_decay: float | None = None

    def __post_init__(self) -> None:
        if self.iterations < 1:
            raise ValueError(f"iterations must be >= 1, got {self.iterations}")
        if not 0 < self.learning_rate < 1:
            raise ValueError(f"learning_rate must be in (0, 1), got {self.learning_rate}")
        if self.ema_decay is not None and not 0 < self.ema_decay < 1:
            raise ValueError(f"ema_decay must be in (0, 1) or None, got {self.ema_decay}")

    def rate(self, step: int) -> float:
        """The learning rate of one step; `step` counts from 0 and is < iterations."""
        if self.decay == "none":
            return self.learning_rate
        return self.learning_rate * (1 + math.cos(math.pi * step / self.iterations)) / 2


@dataclass
class History:
    """Loss terms over training; every entry is the mean since the entry before.

    Attributes:
        seconds: time spent in training steps, over all sessions that it took.
    """

    steps: list[int] = field(default_factory=list)
    terms: dict[str, list[float]] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, step: int, means: Mapping[str, float]) -> None:
        """Append one entry."""
        self.steps.append(step)
        for name, value in means.items():
            self.terms.setdefault(name, []).append(value)


@runtime_checkable
class Steps(Protocol):
    """What `Trainer.track` gives."""

    def advance(self, count: int = 1, note: str | None = None) -> None:
        """So many more steps are done."""


@runtime_checkable
class Trainer(Protocol):
    """The one training loop of the suite."""

    @property
    def device(self) -> torch.device:
        """Where networks and batches live."""

    @property
    def folder(self) -> Path:
        """For whatever else is worth keeping of this run, such as a long computation's finished parts."""

    @property
    def axes(self) -> tuple[str | int, ...]:
        """The seed axes of this run; the first is the seed."""

    def track(self, label: str, total: int) -> AbstractContextManager[Steps]:
        """Shows the progress of `total` steps: `with trainer.track(...) as steps: ... steps.advance()`."""

    def fit(self, name: str, phases: Sequence[Phase], sampler: Sampler, schedule: Schedule) -> History:
        """Train in place and leave the networks in evaluation mode; continues from a checkpoint if there is one."""


def total(terms: Mapping[str, Tensor]) -> Tensor:
    """The sum that a phase minimises."""
    return torch.stack(list(terms.values())).sum()
