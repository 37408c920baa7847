"""Pairs of patches of one person or of two, for networks that learn who is who."""

from dataclasses import dataclass
from typing import final

import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from bench.data.patches import PatchSampler, below
from bench.errors import BenchError
from bench.types.scan import Cohort


@dataclass(frozen=True, eq=False)
class Pairs:
    """One batch.

    Attributes:
        images: intensities in [0, 1], both of a pair cut at the same place.
        labels: class indices.
        starts: the first voxel of each patch in its volume.
        same: whether a pair shows one person at two visits.
    """

    images: Float32[Tensor, "batch 2 1 depth height width"]
    labels: UInt8[Tensor, "batch 2 depth height width"]
    starts: Int64[Tensor, "batch 2 3"]
    same: Bool[Tensor, " batch"]


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class PairSampler:
    """Draws pairs, each with even odds of one person or two people; depends on nothing but the generator.

    First two visits of one person; then, for two people, the second scan gives way to the same visit of somebody of
    another family (counted round where that person has fewer). So nothing about a scan alone (first or later visit,
    real or simulated, how often the person came) tells which kind of pair it is in.

    Attributes:
        scans: cuts the patches; holds the scans of people with several visits.
        people: indices of each person's scans, padded; `visits`: how many of them count.
        families: index of each person's family.
    """

    scans: PatchSampler
    people: Int64[Tensor, "person most"]
    visits: Int64[Tensor, " person"]
    families: Int64[Tensor, " person"]

    @classmethod
    def of(cls, cohort: Cohort, *, patch: int, batch: int, device: torch.device) -> "PairSampler":
        """A sampler over the people who were scanned more than once; the others are left out.

        Raises:
            BenchError: fewer than two families have such a person, or see `PatchSampler.of`.
        """
        by_person = {name: [scan for scan in cohort if scan.subject == name] for name in cohort.subjects}
        seen = [scans for scans in by_person.values() if len(scans) > 1]
        names = sorted({scans[0].family for scans in seen})
        if len(names) < 2:
            raise BenchError(
                f"pairs need people of two families with repeated visits, cohort {cohort.name} has {len(names)} such "
                "families to train on; set revisits = simulate, or give data with several sessions a person"
            )
        kept = cohort.only(tuple(scan for scans in seen for scan in scans))
        ends = torch.tensor([len(scans) for scans in seen]).cumsum(0)
        rows = [torch.arange(int(end) - len(scans), int(end)) for scans, end in zip(seen, ends, strict=True)]
        return cls(
            scans=PatchSampler.of(kept, patch=patch, batch=batch, device=device),
            people=torch.nn.utils.rnn.pad_sequence(rows, batch_first=True).to(device),
            visits=torch.tensor([len(scans) for scans in seen], device=device),
            families=torch.tensor([names.index(scans[0].family) for scans in seen], device=device),
        )

    def draw(self, generator: torch.Generator) -> Pairs:
        """A batch on the generator's device, which must be the one the sampler was made for."""
        batch, device = self.scans.batch, generator.device
        person = torch.randint(len(self.people), (batch, 1), generator=generator, device=device)
        visit = below(self.visits[person], generator)
        other_visit = (visit + 1 + below(self.visits[person] - 1, generator)) % self.visits[person]
        lots = torch.rand(batch, len(self.people), generator=generator, device=device)
        lots[self.families == self.families[person]] = -1.0
        stranger = lots.argmax(dim=1, keepdim=True)
        same = torch.rand(batch, generator=generator, device=device) < 0.5
        second = torch.where(same[:, None], person, stranger)
        scans = torch.cat([self.people[person, visit], self.people[second, other_visit % self.visits[second]]], dim=1)
        starts = self.scans.starts_in(scans[:, :1], generator).expand(batch, 2, 3)
        cut = self.scans.cut(scans, starts)
        return Pairs(cut.images, cut.labels, cut.starts, same)
