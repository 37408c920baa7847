"""Eq. 2-4 of Mixup-Privacy, and the learned replacement of Eq. 4.

Letters as in the paper: x image, y label maps, alpha the weight of the target. `alpha` has one value per query, or one
per voxel where cubes were mixed one by one.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.models.inference import predict
from bench.models.pieces import cut, paste

Alpha = Float[Tensor, "query 1 _depth _height _width"]


def mix(
    x: Float[Tensor, "_query channel depth height width"],
    x_ref: Float[Tensor, "query channel depth height width"],
    alpha: Alpha,
) -> Float[Tensor, "query channel depth height width"]:
    """Alpha x + (1 - alpha) x_ref, Eq. (2); Eq. (3) for one-hot labels; Eq. (5) with several references."""
    return alpha * x + (1 - alpha) * x_ref


def unmix_naively(
    y_hat_mix: Float[Tensor, "query class depth height width"],
    y_ref: Float[Tensor, "query class depth height width"],
    alpha: Alpha,
) -> Float[Tensor, "query class depth height width"]:
    """(y_hat_mix - (1 - alpha) y_ref) / alpha, Eq. (4).

    Scores, not probabilities: where S errs they leave [0, 1], the further the smaller alpha is.
    """
    return (y_hat_mix - (1 - alpha) * y_ref) / alpha


def unmix_by_network(
    network: nn.Module,
    y_hat_mix: Float[Tensor, "query class depth height width"],
    y_ref: Float[Tensor, "query class depth height width"],
    alpha: Alpha,
    piece: int | None,
) -> Float[Tensor, "query class depth height width"]:
    """softmax(D(y_hat_mix, y_ref, alpha)), Sec. 3.3; cube by cube if the client mixed cube by cube."""
    # D takes one alpha per item; it travels as a constant channel so that cutting and batching treat it like the maps.
    stacked = torch.cat([y_hat_mix, y_ref, alpha.expand(-1, 1, *y_ref.shape[2:])], dim=1)
    classes = y_ref.shape[1]

    def apply(x: Tensor) -> Tensor:
        scores: Tensor = network(x[:, :classes], x[:, classes:-1], x[:, -1, 0, 0, 0])
        return scores.softmax(dim=1)

    depth, height, width = y_ref.shape[2:]
    return paste(predict(apply, cut(stacked, piece)), (depth, height, width), piece)
