"""Patches of own releases with the scans behind them."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from bench.attacks.learned.bank import Bank
from bench.models.inversion import Moments, moments_of


@dataclass(frozen=True, eq=False)
class Pair:
    """One batch.

    Attributes:
        looks: see `bench.attacks.learned.bank.look`.
        images: what is behind them.
        starts: the first voxel of each patch in its volume.
        moments: of all releases, whole volumes.
    """

    looks: Float[Tensor, "batch 3 depth height width"]
    images: Float[Tensor, "batch 1 depth height width"]
    starts: Int64[Tensor, "batch 3"]
    moments: Moments


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class Windows:
    """Draws cubes of own releases, uniformly over releases and places.

    Attributes:
        bank: all own releases; asked for at the first batch, so never by a network that is found trained.
        patch: edge of the cubes in voxels; None for whole volumes.
        batch: cubes in a batch.
    """

    bank: Bank
    patch: int | None
    batch: int
    device: torch.device

    @cached_property
    def _all(self) -> Float[Tensor, "release 4 depth height width"]:
        rows = [torch.cat([own.look, own.image]).half() for own in self.bank]
        return torch.stack(rows).to(self.device)

    @cached_property
    def _moments(self) -> Moments:
        return moments_of(self._all[:, :3].float(), self._all[:, 3:].float())

    def draw(self, generator: torch.Generator) -> Pair:
        """A batch on the generator's device."""
        count, _, *shape = self._all.shape
        device = generator.device
        which = torch.randint(count, (self.batch,), generator=generator, device=device)
        edges = [side if self.patch is None else min(self.patch, side) for side in shape]
        starts = torch.stack(
            [
                torch.randint(side - edge + 1, (self.batch,), generator=generator, device=device)
                for side, edge in zip(shape, edges, strict=True)
            ],
            dim=1,
        )
        windows = self._all
        for axis, edge in enumerate(edges, start=2):
            windows = windows.unfold(axis, edge, 1)
        # "batch channel depth height width", as the indices stand apart
        cut = windows[which, :, starts[:, 0], starts[:, 1], starts[:, 2]].float()
        return Pair(cut[:, :3], cut[:, 3:], starts, self._moments)
