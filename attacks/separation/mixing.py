"""The forward model of the mixtures: m_k = a_k x + (1 - a_k) r_k (Mixup-Privacy, Eq. 5)."""

import torch
from jaxtyping import Float
from torch import Tensor


def per_mixture(
    alpha: float | Float[Tensor, "..."], observed: Float[Tensor, "chain mixture *shape"]
) -> Float[Tensor, "chain mixture"]:
    """The target's weight for every mixture of every chain.

    Args:
        alpha: in (0, 1); one number, one a chain, or one a mixture of every chain.

    Raises:
        ValueError: a weight outside (0, 1), or a shape that is none of these.
    """
    chains, mixtures = observed.shape[:2]
    given = torch.as_tensor(alpha, dtype=observed.dtype, device=observed.device)
    if given.shape not in {(), (chains,), (chains, mixtures)}:
        raise ValueError(
            f"alpha must be one number, one per chain ({chains},) or one per mixture ({chains}, {mixtures}), "
            f"got {tuple(given.shape)}"
        )
    if not bool(((given > 0) & (given < 1)).all()):
        raise ValueError(f"alpha must lie strictly between 0 and 1, got {given.min():g} to {given.max():g}")
    return (given[:, None] if given.ndim == 1 else given).expand(chains, mixtures).clone()


def over_voxels(
    alpha: Float[Tensor, "chain mixture"], observed: Float[Tensor, "chain mixture *shape"]
) -> Float[Tensor, "chain mixture ..."]:
    """`alpha` with an axis of length one for every axis of an image, ready to multiply `observed`."""
    return alpha.reshape(*alpha.shape, *(1,) * (observed.ndim - 2))


def residual(
    sources: Float[Tensor, "chain source *shape"],
    observed: Float[Tensor, "chain mixture *shape"],
    alpha: Float[Tensor, "chain mixture"],
) -> Float[Tensor, "chain mixture *shape"]:
    """e_k = m_k - a_k x - (1 - a_k) r_k: what the sources leave unexplained."""
    a = over_voxels(alpha, observed)
    return observed - a * sources[:, :1] - (1 - a) * sources[:, 1:]
