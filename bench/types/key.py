"""What the suite can read off a secret, if the secret has it. A key may be of any type."""

from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float, UInt8
from torch import Tensor


@runtime_checkable
class Weighted(Protocol):
    """A key with the weight of the target in what is sent.

    Attributes:
        alpha: in (0, 1]: one, one a query or one a voxel; alphas that an attack states are compared with its mean.
    """

    alpha: Float[Tensor, "query ..."] | float | None


@runtime_checkable
class MixedWithLabels(Protocol):
    """A key with the labels of what a scan was mixed with.

    Attributes:
        labels: one map a query.
    """

    labels: UInt8[Tensor, "query depth height width"] | None


def weight_in(key: Any) -> float | None:
    """The mean weight of the target; None if the key has none."""
    if not isinstance(key, Weighted) or key.alpha is None:
        return None
    return float(torch.as_tensor(key.alpha).float().mean())


def labels_in(key: Any) -> UInt8[Tensor, "query depth height width"] | None:
    """The labels a scan was mixed with; None if the key holds none of that form."""
    if not isinstance(key, MixedWithLabels) or not isinstance(key.labels, Tensor) or key.labels.ndim != 4:
        return None
    return key.labels
