"""The secret of Mixup-Privacy: which references, which weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bench.errors import BenchError
from bench.models.pieces import counts, cut, paste
from bench.types.scan import Scan


@dataclass(frozen=True, eq=False)
class MixupKey:
    """K references and their weights.

    Attributes:
        alpha: weight of the target, in (0, 1]; one value per query, or a map that is constant on every cube.
        images, labels: the references, put together from several where cubes were mixed one by one.
        piece: edge of the cubes in voxels, or None.
    """

    alpha: Float[Tensor, "query 1 _depth _height _width"]
    images: Float[Tensor, "query 1 depth height width"]
    labels: UInt8[Tensor, "query depth height width"]
    piece: int | None = None

    def __len__(self) -> int:
        return len(self.images)

    def first(self, count: int) -> "MixupKey":
        """The key of the first `count` queries."""
        return replace(self, alpha=self.alpha[:count], images=self.images[:count], labels=self.labels[:count])

    def to(self, device: torch.device) -> "MixupKey":
        """The key on another device."""
        return replace(self, alpha=self.alpha.to(device), images=self.images.to(device), labels=self.labels.to(device))


def draw_alpha(
    rng: np.random.Generator, shape: tuple[int, ...], minimum: float, fixed: float | None, references: int = 1
) -> Float[Tensor, "..."]:
    """Weights from U(minimum, 1], or all `fixed`. Zero itself, which Eq. 4 divides by, is excluded.

    With several references: the weight of one of 1 + `references` images that divide 1 among them uniformly
    (Dirichlet), which is Beta(1, references), given that it is above the minimum.
    """
    drawn = minimum + (1 - minimum) * (1 - rng.random(shape) ** (1 / references))
    # Drawn even if it is fixed: the references that are drawn next are then the same at every alpha.
    return torch.from_numpy(drawn if fixed is None else np.full(shape, fixed)).float()


def draw_volume_key(
    rng: np.random.Generator,
    pool: Sequence[Scan],
    *,
    queries: int,
    alpha_min: float,
    alpha_fixed: float | None,
    alpha_shared: bool,
) -> MixupKey:
    """One reference and one alpha per query; references without replacement.

    Raises:
        BenchError: the pool holds fewer scans than there are queries.
    """
    if len(pool) < queries:
        raise BenchError(
            f"queries={queries} needs as many references, the client's pool has {len(pool)}; "
            "lower queries, raise ref_pool_size, or give the references role a larger share"
        )
    alpha = draw_alpha(rng, (1 if alpha_shared else queries, 1, 1, 1, 1), alpha_min, alpha_fixed)
    # The head of a permutation: a client with fewer queries uses the first references of one with more.
    chosen = [pool[i] for i in rng.permutation(len(pool))[:queries]]
    return MixupKey(
        alpha=alpha.expand(queries, 1, 1, 1, 1),
        images=torch.stack([scan.image for scan in chosen]),
        labels=torch.stack([scan.labels for scan in chosen]),
    )


def draw_patchwise_key(
    rng: np.random.Generator,
    pool: Sequence[Scan],
    *,
    queries: int,
    piece: int,
    alpha_min: float,
    alpha_fixed: float | None,
    alpha_shared: bool,
    random_location: bool,
) -> MixupKey:
    """One reference and one alpha per cube and query; the K references of a cube differ from each other.

    Raises:
        BenchError: the pool holds fewer scans than there are queries.
    """
    whole = draw_volume_key(
        rng, pool, queries=queries, alpha_min=alpha_min, alpha_fixed=alpha_fixed, alpha_shared=alpha_shared
    )
    depth, height, width = pool[0].labels.shape
    shape = (depth, height, width)
    cubes = int(np.prod(counts(shape, piece)))
    alpha = draw_alpha(rng, (1 if alpha_shared else queries, cubes), alpha_min, alpha_fixed).expand(queries, cubes)
    chosen = np.stack([rng.permutation(len(pool))[:queries] for _ in range(cubes)], axis=1)
    images, labels = [], []
    for k in range(queries):
        if random_location:
            pairs = [_random_cube(rng, pool[int(scan)], piece) for scan in chosen[k]]
        else:
            cut_scans = {int(scan): _cubes(pool[int(scan)], piece) for scan in set(chosen[k])}
            pairs = [(cut_scans[int(s)][0][p], cut_scans[int(s)][1][p]) for p, s in enumerate(chosen[k])]
        images.append(paste(torch.stack([image for image, _ in pairs]), shape, piece)[0])
        labels.append(paste(torch.stack([label for _, label in pairs]), shape, piece)[0, 0])
    maps = alpha.reshape(-1, 1, 1, 1, 1).expand(-1, 1, piece, piece, piece)
    return replace(
        whole,
        alpha=paste(maps, shape, piece),
        images=torch.stack(images),
        labels=torch.stack(labels).to(torch.uint8),
        piece=piece,
    )


def _cubes(scan: Scan, piece: int) -> tuple[Tensor, Tensor]:
    return cut(scan.image[None], piece), cut(scan.labels[None, None].float(), piece)


def _random_cube(rng: np.random.Generator, scan: Scan, piece: int) -> tuple[Tensor, Tensor]:
    corner = [int(rng.integers(0, max(side - piece, 0) + 1)) for side in scan.labels.shape]
    window = tuple(slice(start, start + piece) for start in corner)
    # A volume smaller than the cube is zero-padded like any last cube.
    image = cut(scan.image[(slice(None), *window)][None], piece)
    label = cut(scan.labels[window][None, None].float(), piece)
    return image[0], label[0]
