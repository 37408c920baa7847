"""What a trained separation attack does with mixtures, and what it hands back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor

Images = Float[Tensor, "restart scan 1 depth height width"]
Queries = Float[Tensor, "scan query 1 depth height width"]
OnCalls = Callable[[int], None]


@dataclass(frozen=True, eq=False, kw_only=True)
class Separated:
    """Both sources of some scans.

    Attributes:
        targets, others: the scans, and what they were mixed with (its mean over several references), from every
            random initialisation.
        alpha: the targets' weights, as given or as re-estimated.
        energies: what speaks against each initialisation, as far as the attacker can tell; None if nobody asked.
    """

    targets: Images
    others: Images
    alpha: Float[Tensor, " scan"]
    energies: Float[Tensor, "restart scan"] | None = None

    @property
    def best(self) -> Images:
        """Both sources (as two restarts) of the least energy, or their means over initialisations."""
        if self.energies is None:
            return torch.stack([self.targets.mean(dim=0), self.others.mean(dim=0)])
        scans = torch.arange(self.targets.shape[1], device=self.targets.device)
        chosen = self.energies.argmin(dim=0)
        return torch.stack([self.targets[chosen, scans], self.others[chosen, scans]])


@runtime_checkable
class Separator(Protocol):
    """A trained prior with a sampler."""

    @property
    def calls(self) -> int:
        """Evaluations of the prior for a scan and an initialisation; one covers all its sources."""

    @property
    def restarts(self) -> int:
        """Random initialisations."""

    def cheaper(self) -> "Sequence[Separator]":
        """The same with fewer calls, the fewest first."""

    def __call__(
        self, queries: Queries, alpha: Float[Tensor, " scan"], generator: torch.Generator, on_calls: OnCalls
    ) -> Separated:
        """Separate the mixtures of some scans, all at once.

        Args:
            queries: mixtures of one target each.
            alpha: the targets' weights, in (0, 1).
            on_calls: hears of every step, and how many calls it took.
        """


@dataclass(frozen=True, eq=False, kw_only=True)
class Trace:
    """What more of something buys.

    Attributes:
        along: how much of it, rising.
        images: targets at each of these.
    """

    along: Sequence[float]
    images: Float[Tensor, "point scan 1 depth height width"]


Traces = Mapping[str, Trace]


@dataclass(frozen=True, eq=False, kw_only=True)
class Finished:
    """What is kept of some scans, in memory and on disk.

    Attributes:
        targets, others: images in [0, 1].
        alpha: as in `Separated`.
        shown: volumes of the first of them worth showing.
        traces: of all of them; empty where none were asked for.
    """

    targets: Float[Tensor, "scan 1 depth height width"]
    others: Float[Tensor, "scan 1 depth height width"]
    alpha: Float[Tensor, " scan"]
    shown: Mapping[str, Float[Tensor, "depth height width"]] = field(default_factory=dict)
    traces: Traces = field(default_factory=dict)
