"""The secret of a method that was trained elsewhere: what its manifest says is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from bench.defenses.external.manifest import Manifest
from bench.errors import BenchError
from bench.models.segmentation_loss import one_hot
from bench.types.scan import Scan


@dataclass(frozen=True, eq=False)
class ExternalKey:
    """One draw for each of K queries; None for what the manifest does not ask for.

    Attributes:
        noise: standard normal.
        images, labels: the references.
        weight: in (0, 1].
    """

    noise: Float[Tensor, "query 1 ..."] | None
    images: Float[Tensor, "query 1 count 1 depth height width"] | None
    labels: UInt8[Tensor, "query count depth height width"] | None
    weight: Float[Tensor, "query 1 1 1 1 1"] | None

    def for_encoder(self, query: int, device: torch.device) -> list[Tensor]:
        """What the encoder gets behind the image, in the manifest's order: noise, references, weight."""
        parts = [part for part in (self.noise, self.images, self.weight) if part is not None]
        return [part[query].to(device) for part in parts]

    def for_decoder(self, query: int, classes: int, device: torch.device) -> list[Tensor]:
        """What the decoder gets behind the reply: noise, references, their one-hot labels, weight."""
        given = [None if part is None else part[query].to(device) for part in (self.noise, self.images, self.weight)]
        if self.labels is not None:
            given.insert(2, one_hot(self.labels[query].to(device), classes)[None])
        return [part for part in given if part is not None]


def draw_external_key(rng: np.random.Generator, pool: Sequence[Scan], manifest: Manifest) -> ExternalKey:
    """K draws of everything that the manifest names.

    Raises:
        BenchError: the pool holds fewer scans than one query takes.
    """
    key, queries = manifest.key, manifest.queries
    noise = images = labels = weight = None
    if key.noise is not None:
        noise = torch.from_numpy(rng.standard_normal((queries, 1, *key.noise.shape))).float()
    if key.references is not None:
        count = key.references.count
        if len(pool) < count:
            raise BenchError(
                f"{manifest.name} takes {count} references per query, the client's pool has {len(pool)}; "
                "give the references role a larger share"
            )
        chosen = [[pool[i] for i in rng.permutation(len(pool))[:count]] for _ in range(queries)]
        images = torch.stack([torch.stack([scan.image for scan in scans])[None] for scans in chosen])
        if key.references.labels:
            labels = torch.stack([torch.stack([scan.labels for scan in scans]) for scans in chosen])
    if key.weight is not None:
        low, high = key.weight.low, key.weight.high
        drawn = high - (high - low) * rng.random(queries)
        weight = torch.from_numpy(drawn).float().reshape(queries, 1, 1, 1, 1, 1)
    return ExternalKey(noise, images, labels, weight)
