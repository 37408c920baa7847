"""What generator and segmenter of `deformation-proxy` are trained on: pairs of warped patches.

The terms are those of our re-design; the paper's weights and form of the inverse term are not known to us.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.pairs import Pairs
from bench.defenses.adversary import ADVERSARY_LOSSES, AdversaryLoss
from bench.models.diffeomorphism import VelocityGenerator, exponential, in_lattice_units, on_voxels, warp, warp_sharply
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.models.siamese import Siamese

Cubes = Float[Tensor, "batch channel edge edge edge"]
Fields = Float[Tensor, "batch 3 edge edge edge"]


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Where patches lie and how far they may be moved.

    Attributes:
        shape: voxels of the whole volume.
        bound: largest displacement along an axis, in voxels.
        patch: edge of what the server is trained on, in voxels.
    """

    shape: tuple[int, int, int]
    bound: float
    patch: int

    @property
    def margin(self) -> int:
        """Voxels around a region on which its warped voxels depend."""
        return int(self.bound) + 1


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Weights of the loss terms beside the segmentation's.

    Attributes:
        adversary, inverse, recovered, smooth, diverse: see `DeformationObjective`.
        margin: mean difference of two keys' velocities, in shares of the largest, up to which it is rewarded.
    """

    adversary: float
    inverse: float
    recovered: float
    smooth: float
    diverse: float
    margin: float


class DeformedPairs(nn.Module):
    """Both scans of every pair, each under a key of its own."""

    def __init__(self, generator: VelocityGenerator, code: int, geometry: Geometry) -> None:
        super().__init__()
        self.generator, self.code, self.geometry = generator, code, geometry

    def fields(self, pairs: Pairs, rng: torch.Generator) -> tuple[Tensor, Fields]:
        """Fresh velocities (shares of the largest) and their displacements in the window of each scan, in voxels."""
        count = pairs.images.shape[0] * 2
        velocity = self.generator(torch.randn(count, self.code, generator=rng, device=rng.device))
        return velocity, self.displacement(velocity, pairs)

    def displacement(self, velocity: Tensor, pairs: Pairs) -> Fields:
        """exp(v) in the window of each scan, in voxels; of -v for the inverse."""
        shape, sides = self.geometry.shape, pairs.images.shape[3:]
        flow = exponential(in_lattice_units(self.geometry.bound * velocity, shape))
        return on_voxels(flow, shape, pairs.starts.flatten(0, 1), sides)

    def forward(self, pairs: Pairs, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Proxies of both scans, cut to the patch."""
        _, phi = self.fields(pairs, rng)
        return split(middle(self.proxy(pairs, phi), self.geometry.patch), len(pairs.images))

    def proxy(self, pairs: Pairs, phi: Fields) -> Cubes:
        """The windows of both scans under their warps, as the client sends them."""
        return warp_sharply(pairs.images.flatten(0, 1), phi).clamp(0, 1)


class DeformationObjective(nn.Module):
    """L(S(phi.x), phi.y) and what keeps phi unlinkable, invertible, smooth and different under every key.

    Adversary: what it must not know about a pair of proxies. Inverse: |phi^-1(phi(x)) - x| in voxels, what a return
    leaves; of places, as a difference of intensities is interpolation's and only teaches to move by whole voxels.
    Recovered: L(phi^-1.S(phi.x), y). Smooth: |grad v|^2. Diverse: max(0, margin - |v_1 - v_2|) for the two keys of a
    pair.
    """

    def __init__(
        self,
        proxies: DeformedPairs,
        server: nn.Module,
        adversary: Siamese,
        *,
        classes: int,
        weights: Weights,
        adversary_loss: AdversaryLoss,
    ) -> None:
        super().__init__()
        self.proxies, self.server, self.adversary = proxies, server, adversary
        self.classes, self.weights, self.fool = classes, weights, ADVERSARY_LOSSES[adversary_loss]

    def forward(self, pairs: Pairs, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The loss terms of generator and segmenter."""
        geometry, weights = self.proxies.geometry, self.weights
        patch, inner = geometry.patch, geometry.patch - 2 * geometry.margin
        velocity, phi = self.proxies.fields(pairs, rng)
        back = middle(self.proxies.displacement(-velocity, pairs), patch)
        y = one_hot(pairs.labels.flatten(0, 1), self.classes)
        proxy = middle(self.proxies.proxy(pairs, phi), patch)
        scores = self.server(proxy)
        returned = middle(warp(scores.softmax(dim=1), back), inner)
        recovered = returned.clamp_min(1e-6).log()  # segmentation_loss applies a softmax
        one, other = split(proxy, len(pairs.images))
        return {
            "segmentation": segmentation_loss(scores, middle(warp(y, phi), patch)),
            "adversary": weights.adversary * self.fool(self.adversary(one, other), pairs.same),
            "inverse": weights.inverse * not_undone(middle(phi, patch), back),
            "recovered": weights.recovered * segmentation_loss(recovered, middle(y, inner)),
            "smooth": weights.smooth * roughness(in_lattice_units(geometry.bound * velocity, geometry.shape)),
            "diverse": weights.diverse * (weights.margin - difference(velocity)).clamp_min(0),
        }


def not_undone(phi: Fields, inverse: Fields) -> Float[Tensor, ""]:
    """Mean |phi(x) + phi^-1(x + phi(x))| along an axis, in the unit of the displacements."""
    return (phi + warp(inverse, phi)).abs().mean()


def roughness(velocity: Float[Tensor, "batch 3 depth height width"]) -> Float[Tensor, ""]:
    """Mean over nodes of |grad v|^2, which has no unit: both are in nodes."""
    return torch.stack([velocity.diff(dim=axis).square().mean() for axis in (2, 3, 4)]).sum() * 3


def difference(velocity: Float[Tensor, "two_keys 3 depth height width"]) -> Float[Tensor, ""]:
    """Mean |v_1 - v_2| of the two keys of a pair."""
    one, other = split(velocity, len(velocity) // 2)
    return (one - other).abs().mean()


def middle(cubes: Tensor, edge: int) -> Tensor:
    """The cubes of `edge` voxels in the middle of these, over the last three axes."""
    start = (cubes.shape[-1] - edge) // 2
    return cubes[(..., *3 * (slice(start, start + edge),))]


def split(stacked: Tensor, pairs: int) -> tuple[Tensor, Tensor]:
    """The first and the second of every pair."""
    both = stacked.reshape(pairs, 2, *stacked.shape[1:])
    return both[:, 0], both[:, 1]
