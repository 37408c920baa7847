"""Random whole scans, where they are small enough to need no patches."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Float16, UInt8

from bench.data.patches import Patches
from bench.errors import BenchError
from bench.types.scan import Cohort


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class VolumeSampler:
    """Draws whole scans, uniformly; depends on nothing but the generator.

    Attributes:
        batch: scans in a batch, drawn with replacement.
    """

    batch: int
    images: Float16[torch.Tensor, "scan depth height width"]
    labels: UInt8[torch.Tensor, "scan depth height width"]

    @classmethod
    def of(cls, cohort: Cohort, *, batch: int, device: torch.device) -> "VolumeSampler":
        """A sampler that holds the cohort on `device`.

        Raises:
            ValueError: `batch` is < 1.
            BenchError: the cohort is empty.
        """
        if batch < 1:
            raise ValueError(f"batch must be >= 1, got {batch}")
        if not cohort.scans:
            raise BenchError(f"cohort {cohort.name} has no scan to draw; choose other roles or shares")
        return cls(
            batch=batch,
            images=torch.stack([scan.image[0].half() for scan in cohort]).to(device),
            labels=torch.stack([scan.labels for scan in cohort]).to(device),
        )

    def draw(self, generator: torch.Generator) -> Patches:
        """Groups of one scan, each a patch that starts at the first voxel and is as large as the volume."""
        scans = torch.randint(len(self.images), (self.batch, 1), generator=generator, device=generator.device)
        return Patches(
            images=self.images[scans].float().unsqueeze(2),
            labels=self.labels[scans],
            starts=torch.zeros(self.batch, 1, 3, dtype=torch.int64, device=generator.device),
        )
