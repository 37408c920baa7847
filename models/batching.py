"""How much goes through a network at a time: as much as the device's memory takes, found by trying."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch

log = logging.getLogger(__name__)

VOXELS_PER_PASS = {"cpu": 6_000_000, "cuda": 40_000_000}
"""Largest pass in voxels (batch x volume) that is tried first; a wide U-Net++ needs some 400 floats a voxel."""
LEAST = 96**3
"""Voxels below which a pass is not halved: one sliding window."""

T = TypeVar("T")


@dataclass(eq=False)
class Budget:
    """Voxels that may go through a network in one pass.

    Where a GPU runs out of memory the budget is halved, and stays so: whoever asks the same network again and again
    keeps one budget for all of it.

    Attributes:
        voxels: of one pass (batch x volume); None for what is usual for the device.
    """

    voxels: int | None = None

    def within(self, device: torch.device, work: Callable[[int], T]) -> T:
        """What `work` gives when called with the budget, begun anew with half of it for as long as memory runs out.

        Raises:
            torch.OutOfMemoryError: not even one sliding window fits.
        """
        voxels = self.voxels or VOXELS_PER_PASS.get(device.type, VOXELS_PER_PASS["cpu"])
        while True:
            try:
                return work(voxels)
            except torch.OutOfMemoryError:
                if voxels < LEAST:
                    raise
            # Not in the handler: until it is left, the error holds what the pass had allocated.
            voxels //= 2
            self.voxels = voxels
            torch.cuda.empty_cache()
            log.warning("out of GPU memory: passes of at most %.1f million voxels from here on", voxels / 1e6)
