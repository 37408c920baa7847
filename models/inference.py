"""Running a network over whole volumes within a memory budget.

A fully convolutional network takes a whole volume in one pass where memory allows, which is both faster than a sliding
window and free of seams; several volumes (the K queries) share a pass as far as the budget goes.
"""

import logging
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

log = logging.getLogger(__name__)

VOXELS_PER_PASS = {"cpu": 6_000_000, "cuda": 40_000_000}
"""Largest pass in voxels (batch x volume) that is tried first; a wide U-Net++ needs some 400 floats a voxel."""
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
    voxels_per_pass: int | None = None,
) -> Float[Tensor, "batch out depth height width"]:
    """The network's output for every volume: whole volumes batched, or a Gaussian-weighted sliding window.

    Runs out of memory on a GPU: halves the pass and says so. A single volume over the budget goes by sliding window.
    """
    budget = voxels_per_pass or VOXELS_PER_PASS.get(volumes.device.type, VOXELS_PER_PASS["cpu"])
    voxels = volumes[0, 0].numel()
    while True:
        try:
            if voxels > budget:
                return _slide(network, volumes)
            worth = VOXELS_WORTH_BATCHING.get(volumes.device.type, budget)
            size = max(1, min(budget, worth) // voxels)
            return torch.cat([network(chunk) for chunk in torch.split(volumes, size)])
        except torch.cuda.OutOfMemoryError:
            if budget < WINDOW**3:
                raise
            budget //= 2
            torch.cuda.empty_cache()
            log.warning("out of GPU memory: passes of at most %.1f million voxels from here on", budget / 1e6)


def _slide(network: Callable[[Tensor], Tensor], volumes: Tensor) -> Tensor:
    from monai.inferers import sliding_window_inference

    window = tuple(min(WINDOW, side) for side in volumes.shape[2:])
    maps: Tensor = sliding_window_inference(volumes, window, 1, network, overlap=0.5, mode="gaussian")
    return maps
