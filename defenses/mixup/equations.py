"""Eq. 2-4 of Mixup-Privacy, the learned replacement of Eq. 4, and what goes on from two images to several.

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


def mix_many(
    images: Float[Tensor, "batch image channel depth height width"], weights: Float[Tensor, "batch image"]
) -> Float[Tensor, "batch channel depth height width"]:
    """Sum of w_i x_i, target first: Eq. (2) for any number of images, Eq. (3) for one-hot labels."""
    return (weights[:, :, None, None, None, None] * images).sum(dim=1)


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
    y_ref: Float[Tensor, "query known depth height width"],
    alpha: Float[Tensor, "query weight _depth _height _width"],
    piece: int | None,
) -> Float[Tensor, "query class depth height width"]:
    """softmax(D(y_hat_mix, y_ref, alpha)), Sec. 3.3; cube by cube if the client mixed cube by cube.

    With several references `y_ref` holds the maps of one after the other and `alpha` all weights but the last, which
    follows from the others.
    """
    # D takes its weights per item; they travel as constant channels so that cutting and batching treat them like maps.
    stacked = torch.cat([y_hat_mix, y_ref, alpha.expand(-1, -1, *y_ref.shape[2:])], dim=1)
    classes, weights = y_hat_mix.shape[1], alpha.shape[1]

    def apply(x: Tensor) -> Tensor:
        given = x[:, -weights:, 0, 0, 0].squeeze(1)  # of two images: alpha alone, one number an item
        scores: Tensor = network(x[:, :classes], x[:, classes:-weights], given)
        return scores.softmax(dim=1)

    depth, height, width = y_ref.shape[2:]
    return paste(predict(apply, cut(stacked, piece)), (depth, height, width), piece)


def disagreement(
    unmixed: Float[Tensor, "query class depth height width"], weight: Float[Tensor, "query 1 _depth _height _width"]
) -> Float[Tensor, "depth height width"]:
    """Variance over queries of the unmixed maps around their (weighted) mean, summed over classes; >= 0."""
    mean = (weight * unmixed).sum(dim=0) / weight.sum(dim=0)
    return ((weight * (unmixed - mean) ** 2).sum(dim=0) / weight.sum(dim=0)).sum(dim=0)
