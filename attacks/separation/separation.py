"""What both separation attacks share: learn anatomy, weigh the mixtures, separate scan by scan, go on where stopped."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from bench import seeds
from bench.attack import TEST_ONLY, Attack
from bench.attacks.mixtures.people import People
from bench.attacks.separation.before import alpha_of_key, alpha_of_queries, averaged_channels
from bench.attacks.separation.kept import keep, kept
from bench.attacks.separation.separator import Finished, Queries, Separated, Separator
from bench.attacks.separation.tracing import traces_of
from bench.types.claim import Reconstruction
from bench.types.scan import Cohort
from bench.types.threat import Goal
from bench.types.training import Steps, Trainer
from bench.view import AttackerView

SHOWN = 5
"""Restarts in the picture, at most."""


@dataclass(frozen=True, kw_only=True)
class Separation(Attack):
    """Reconstructs every wanted scan from its mixtures alone.

    Attributes:
        together: scans that share a call of the prior; more keep a GPU busy.
        traced: number of scans for which the gain from more calls, restarts and queries is measured; 0 for none.
    """

    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    costly: ClassVar[bool] = True

    together: int = field(default=8, metadata=TEST_ONLY)
    traced: int = field(default=4, metadata=TEST_ONLY)

    def __post_init__(self) -> None:
        if self.together < 1 or self.traced < 0:
            raise ValueError(f"together must be >= 1 and traced >= 0, got {self.together} and {self.traced}")

    @abstractmethod
    def learn(self, own: Cohort, trainer: Trainer) -> Separator:
        """Train on the attacker's own scans."""

    def alpha(self, view: AttackerView, index: int, queries: Tensor, people: People) -> float:
        """The target's weight in the mixtures of one release."""
        return alpha_of_queries(queries, people)

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """The target of every wanted release."""
        own = view.auxiliary
        separator, people = self.learn(own, trainer), People.of(own)  # before the traffic is touched: kept for all
        groups = [view.wanted[at : at + self.together] for at in range(0, len(view.wanted), self.together)]
        traced = max(1, -(-self.traced // self.together)) if self.traced else 0
        done = []
        with trainer.track("separating", len(groups) * separator.calls) as steps:
            for number, group in enumerate(groups):
                path = trainer.folder / f"separated-{number:05d}.pt"
                finished = kept(path)
                if finished is None:
                    finished = self._separated(view, group, people, separator, trainer, steps, number < traced)
                    keep(finished, path)
                else:
                    steps.advance(separator.calls)
                done.append(finished)
        return _claim(done, separator, min(traced, len(done)))

    def _separated(
        self,
        view: AttackerView,
        group: Sequence[int],
        people: People,
        separator: Separator,
        trainer: Trainer,
        steps: Steps,
        traced: bool,
    ) -> Finished:
        queries = torch.stack([averaged_channels(view.releases[index].queries) for index in group])

        def alpha_of(seen: Queries) -> Float[Tensor, " scan"]:
            weights = [self.alpha(view, index, own.cpu(), people) for index, own in zip(group, seen, strict=True)]
            return torch.tensor(weights, device=trainer.device)

        alpha, here = alpha_of(queries), queries.to(trainer.device)
        generator = torch.Generator(trainer.device).manual_seed(seeds.seed(*trainer.axes, "chains", group[0]))
        note = ", ".join(f"{value:.2f}" for value in alpha.tolist())
        found = separator(here, alpha, generator, lambda calls: steps.advance(calls, note=f"alpha {note}"))
        target, other = found.best.clamp(0, 1).cpu()
        return Finished(
            targets=target,
            others=other,
            alpha=found.alpha.cpu(),
            shown=_shown(found),
            traces=traces_of(separator, found, here, alpha_of, generator) if traced else {},
        )


class ToldAlpha(Separation):
    """A separation that need not estimate alpha, where the key has one."""

    def alpha(self, view: AttackerView, index: int, queries: Tensor, people: People) -> float:
        """What stands in the key."""
        return alpha_of_key(view.keys[index], alpha_of_queries(queries, people))


def _shown(found: Separated) -> dict[str, Tensor]:
    shown, alpha = {}, float(found.alpha[0])
    for chain in range(min(len(found.targets), SHOWN)):
        shown[f"restart {chain + 1}: target, alpha {alpha:.2f}"] = found.targets[chain, 0, 0].clamp(0, 1).cpu()
        shown[f"restart {chain + 1}: reference"] = found.others[chain, 0, 0].clamp(0, 1).cpu()
    return shown


def _claim(done: Sequence[Finished], separator: Separator, traced: int) -> Reconstruction:
    first = done[0].traces
    alphas = [round(value, 4) for finished in done for value in finished.alpha.tolist()]
    return Reconstruction(
        torch.cat([finished.targets for finished in done]),
        done[0].shown,
        {
            "alpha": alphas,
            "calls": separator.calls,
            "restarts": separator.restarts,
            "prior_parameters": separator.parameters,
        },
        others=torch.cat([finished.others for finished in done]),
        traces={
            name: torch.cat([finished.traces[name].images for finished in done[:traced]], dim=1).clamp(0, 1).cpu()
            for name in first
        },
        along={name: list(trace.along) for name, trace in first.items()},
    )
