"""Alpha read off a segmentation of mixtures, the reply that the server itself computes.

A mixed label map is alpha y_t + (1 - alpha) y_r (Mixup-Privacy, Eq. 3): its values lie at 0, alpha, 1 - alpha and 1.
Which of the two inner levels is the target's shows over K mixtures, for the target's class stays and the
references' changes.
"""

import torch
from jaxtyping import Float
from torch import Tensor

MOST_VOXELS = 4096
"""More do not make the estimate better, only slower."""

SATURATED = 0.98
"""Target and reference agree in a voxel above it, which then tells nothing about alpha."""


def alpha_from_levels(reply: Float[Tensor, "mixture class depth height width"]) -> Float[Tensor, " solution=2"]:
    """Alpha of a target's K mixtures and its mirror image 1 - alpha, the one that explains the reply better first.

    Every voxel is explained by the target's class c and, for every mixture, the reference's class j that come
    closest: min_c sum_k min_j ||y_k - alpha e_c - (1 - alpha) e_j||^2. Alpha minimises the sum over voxels on a grid
    and then, with the classes that this gives, exactly. With one mixture both explain it alike; then the larger stands
    first.

    Args:
        reply: soft predictions, summing to 1 over classes; all mixtures share target and alpha.

    Raises:
        ValueError: no voxel in which target and a reference disagree.
    """
    y = reply.flatten(2).movedim(-1, 0)  # voxel mixture class
    y = y[(y.amax(2) < SATURATED).any(1)]
    if not len(y):
        raise ValueError(f"every voxel of the reply exceeds {SATURATED} in one class: it shows no mixing weight")
    y = y[:: -(-len(y) // MOST_VOXELS)].double()
    grid = torch.linspace(0.98, 0.02, 97, dtype=y.dtype, device=y.device)
    coarse = min(grid.tolist(), key=lambda alpha: _misfit(y, alpha))
    alpha = _refine(y, coarse)
    if len(reply) == 1:
        alpha = max(alpha, 1 - alpha)
    return torch.tensor([alpha, 1 - alpha])


def _costs(y: Float[Tensor, "voxel mixture class"], alpha: float) -> Float[Tensor, "voxel mixture class other"]:
    """||y - alpha e_c - (1 - alpha) e_j||^2 for all c, j, less ||y||^2."""
    beta, same = 1 - alpha, torch.eye(y.shape[2], dtype=y.dtype, device=y.device)
    return alpha**2 + beta**2 + 2 * (alpha * beta * same - alpha * y[..., :, None] - beta * y[..., None, :])


def _misfit(y: Float[Tensor, "voxel mixture class"], alpha: float) -> float:
    return float(_costs(y, alpha).amin(3).sum(1).amin(1).sum())


def _refine(y: Float[Tensor, "voxel mixture class"], alpha: float) -> float:
    least, other = _costs(y, alpha).min(3)
    target = least.sum(1).argmin(1)  # voxel
    e_c = torch.eye(y.shape[2], dtype=y.dtype, device=y.device)[target][:, None]
    e_j = torch.eye(y.shape[2], dtype=y.dtype, device=y.device)[
        other.gather(2, target[:, None, None].expand(-1, y.shape[1], 1))[..., 0]
    ]
    gap = e_c - e_j
    return float(((y - e_j) * gap).sum() / gap.square().sum())
