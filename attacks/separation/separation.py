"""What both separation attacks share: learn anatomy, weigh the mixtures, separate scan by scan, go on where stopped."""

import os
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from bench import seeds
from bench.attack import Attack
from bench.attacks.mixtures.people import People
from bench.attacks.separation.before import alpha_of_key, alpha_of_queries, averaged_channels
from bench.types.claim import Reconstruction
from bench.types.scan import Cohort
from bench.types.threat import Goal
from bench.types.training import Trainer
from bench.view import AttackerView

Volume = Float[Tensor, "1 depth height width"]
Separator = Callable[[Tensor, float, torch.Generator], tuple[Volume, dict[str, Tensor]]]
"""From a release's mixtures, alpha and a generator to the target, and volumes worth showing."""


@dataclass(frozen=True, kw_only=True)
class Separation(Attack):
    """Reconstructs every scan from its mixtures alone."""

    goal: ClassVar[Goal] = Goal.RECONSTRUCTION

    @abstractmethod
    def learn(self, own: Cohort, trainer: Trainer) -> Separator:
        """Train on the attacker's own scans."""

    def alpha(self, view: AttackerView, index: int, queries: Tensor, people: People) -> float:
        """The target's weight in the mixtures of one release."""
        return alpha_of_queries(queries, people)

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """The target of every release."""
        own = view.auxiliary
        separate, people = self.learn(own, trainer), People.of(own)  # before the traffic is touched: kept for all
        images, alphas, shown = [], [], {}
        with trainer.track("separating", len(view.releases)) as steps:
            for index, release in enumerate(view.releases):
                queries = averaged_channels(release.queries)
                done = _kept(trainer.folder / f"separated-{index:05d}.pt")
                if done is None:
                    alpha = self.alpha(view, index, queries, people)
                    generator = torch.Generator(trainer.device).manual_seed(seeds.seed(*trainer.axes, "chains", index))
                    image, pictures = separate(queries.to(trainer.device), alpha, generator)
                    done = {"image": image.clamp(0, 1).cpu(), "alpha": alpha, "shown": _shown(pictures, index)}
                    _keep(done, trainer.folder / f"separated-{index:05d}.pt")
                images.append(done["image"])
                alphas.append(round(done["alpha"], 4))
                shown.update(done["shown"])
                steps.advance(note=f"alpha {done['alpha']:.2f}")
        return Reconstruction(torch.stack(images), shown, {"alpha": alphas})


class ToldAlpha(Separation):
    """A separation that need not estimate alpha, where the key has one."""

    def alpha(self, view: AttackerView, index: int, queries: Tensor, people: People) -> float:
        """What stands in the key."""
        return alpha_of_key(view.keys[index], alpha_of_queries(queries, people))


def _shown(pictures: dict[str, Tensor], index: int) -> dict[str, Tensor]:
    return {title: volume.clamp(0, 1).cpu() for title, volume in pictures.items()} if index == 0 else {}


def _kept(path: Path) -> Any:
    return torch.load(path, weights_only=True) if path.exists() else None


def _keep(done: dict[str, Any], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{os.getpid()}-{path.name}")
    torch.save(done, temporary)
    os.replace(temporary, path)
