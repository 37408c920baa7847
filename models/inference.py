"""Running a network over whole volumes within a memory budget.

A fully convolutional network takes a whole volume in one pass where memory allows, which is both faster than a sliding
window and free of seams; several volumes (the K queries) share a pass as far as the budget goes.
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from bench.models.batching import Budget
from bench.models.onednn import SmallVolumesByOneDNN

VOXELS_WORTH_BATCHING = {"cpu": 100_000, "cuda": 40_000_000}
"""Volumes share a pass up to here. Beyond, a CPU only loses by it: the activations fall out of its caches."""
WINDOW = 96
"""Edge of the sliding window for volumes over the budget, in voxels."""


def in_half_on_gpu(
    network: Callable[[Tensor], Tensor], devices: Sequence[str] = ("cuda",)
) -> Callable[[Tensor], Tensor]:
    """The network with its convolutions in bfloat16 on these kinds of device; its answer stays in single precision.

    For networks whose output is scaled down where precision counts, such as an EDM denoiser: not for scores.
    """

    def halved(x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, torch.bfloat16, enabled=x.device.type in devices):
            return network(x).float()

    return halved


@torch.inference_mode()
def predict(
    network: Callable[[Tensor], Tensor],
    volumes: Float[Tensor, "batch channel depth height width"],
    budget: Budget | None = None,
) -> Float[Tensor, "batch out depth height width"]:
    """The network's output for every volume: whole volumes batched, or a Gaussian-weighted sliding window.

    Runs out of memory on a GPU: halves the pass and says so. A single volume over the budget goes by sliding window,
    the only case in which memory changes more than rounding.

    Args:
        budget: kept by the caller, where one network is asked many times; None for a fresh one.
    """
    voxels = volumes[0, 0].numel()
    worth = VOXELS_WORTH_BATCHING.get(volumes.device.type)

    def within(most: int) -> Tensor:
        together = most if worth is None else min(most, worth)
        if voxels > most:
            return _slide(network, volumes, together)
        size = max(1, together // voxels)
        with SmallVolumesByOneDNN():
            return torch.cat([network(chunk) for chunk in torch.split(volumes, size)])

    return (Budget() if budget is None else budget).within(volumes.device, within)


def _slide(network: Callable[[Tensor], Tensor], volumes: Tensor, most: int) -> Tensor:
    from monai.inferers import sliding_window_inference

    window = tuple(min(WINDOW, side) for side in volumes.shape[2:])
    at_once = max(1, most // math.prod(window))
    maps: Tensor = sliding_window_inference(volumes, window, at_once, network, overlap=0.5, mode="gaussian")
    return maps
