"""Random cubes from scans that already lie on the training device."""

import logging
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
import torch
from jaxtyping import Float16, Float32, Int64, UInt8
from torch import Tensor

from bench import seeds
from bench.errors import BenchError
from bench.types.scan import Cohort, Scan

log = logging.getLogger(__name__)

MOST_CENTRES = 4096

Volumes = Float16[Tensor, "scan depth height width"] | UInt8[Tensor, "scan depth height width"]
Starts = Int64[Tensor, "batch some 3"]
Cubes = Float32[Tensor, "batch some edge edge edge"] | UInt8[Tensor, "batch some edge edge edge"]


@dataclass(frozen=True, eq=False)
class Patches:
    """One batch.

    Attributes:
        images: intensities in [0, 1]. The first of a group is the target, the others are from other families.
        labels: class indices.
        starts: the first voxel of each patch in its volume.
    """

    images: Float32[Tensor, "batch group 1 depth height width"]
    labels: UInt8[Tensor, "batch group depth height width"]
    starts: Int64[Tensor, "batch group 3"]


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class PatchSampler:
    """Draws groups of patches; depends on nothing but the generator.

    The first scan of a group is uniform over scans; the others are from families drawn without replacement, then
    uniform over the family's scans. The centre is uniform over brain voxels (at most 4096 of a scan, chosen once), of
    the first scan or of each; where labels name less than half of the brain, as lesions do, every other centre lies on
    one of them, if there is any; the cube is moved into the volume where it would stick out.

    Attributes:
        patch: edge of the cube in voxels.
        batch: groups in a batch.
        group: scans in a group.
        location: whether all scans of a group are cut at the place of the first.
        families: index of each scan's family.
        members: scans of each family, padded; `sizes`: how many of them count.
        centres: brain voxels of each scan, padded; `counts`: how many of them count.
    """

    patch: int
    batch: int
    group: int
    location: Literal["same_location", "random_location"]
    images: Float16[Tensor, "scan depth height width"]
    labels: UInt8[Tensor, "scan depth height width"]
    families: Int64[Tensor, " scan"]
    members: Int64[Tensor, "family most"]
    sizes: Int64[Tensor, " family"]
    centres: Int64[Tensor, "scan most_centres 3"]
    counts: Int64[Tensor, " scan"]

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        *,
        patch: int,
        batch: int,
        device: torch.device,
        group: int = 1,
        location: Literal["same_location", "random_location"] = "same_location",
    ) -> "PatchSampler":
        """A sampler that holds the cohort on `device`, or in main memory where a GPU has no room for it, and says so.

        Raises:
            ValueError: a number is < 1, or `location` is neither word.
            BenchError: the patch is larger than the scans, there are too few families, or a scan is empty.
        """
        if min(patch, batch, group) < 1:
            raise ValueError(f"patch, batch and group must be >= 1, got {patch}, {batch} and {group}")
        if location not in ("same_location", "random_location"):
            raise ValueError(f"location must be same_location or random_location, got {location!r}")
        if not cohort.scans:
            raise BenchError(f"cohort {cohort.name} has no scan to cut patches from; choose other roles or shares")
        if patch > min(cohort.shape):
            shape = "x".join(map(str, cohort.shape))
            raise BenchError(f"a patch of {patch} voxels does not fit scans of {shape}; choose a smaller patch")
        names = sorted({scan.family for scan in cohort})
        if len(names) < group:
            raise BenchError(
                f"groups of {group} scans need {group} families, the cohort has {len(names)}; add people or mix fewer"
            )
        families = [names.index(scan.family) for scan in cohort]
        members = [[scan for scan, own in enumerate(families) if own == family] for family in range(len(names))]
        centres = [_centres(scan) for scan in cohort]
        home = _home(cohort, device)
        return cls(
            patch=patch,
            batch=batch,
            group=group,
            location=location,
            images=torch.stack([scan.image[0].half() for scan in cohort]).to(home),
            labels=torch.stack([scan.labels for scan in cohort]).to(home),
            families=torch.tensor(families, device=device),
            members=_padded([torch.tensor(scans) for scans in members]).to(device),
            sizes=torch.tensor([len(scans) for scans in members], device=device),
            centres=_padded(centres).to(device),
            counts=torch.tensor([len(voxels) for voxels in centres], device=device),
        )

    def draw(self, generator: torch.Generator) -> Patches:
        """A batch on the generator's device, which must be the one the sampler was made for."""
        scans = self._scans(generator)
        centred_on = scans if self.location == "random_location" else scans[:, :1]
        starts = self.starts_in(centred_on, generator).expand(self.batch, self.group, 3)
        return self.cut(scans, starts)

    def cut(self, scans: Int64[Tensor, "batch some"], starts: Int64[Tensor, "batch some 3"]) -> Patches:
        """These cubes of these scans, on the device of `starts`."""
        home = self.images.device
        there = scans.to(home), starts.to(home)
        take = _sliced if home.type == "cpu" else _gathered
        return Patches(
            images=take(self.images, *there, self.patch, torch.float32).to(starts.device).unsqueeze(2),
            labels=take(self.labels, *there, self.patch, torch.uint8).to(starts.device),
            starts=starts,
        )

    def _scans(self, generator: torch.Generator) -> Int64[Tensor, "batch group"]:
        device = generator.device
        first = torch.randint(len(self.images), (self.batch, 1), generator=generator, device=device)
        if self.group == 1:
            return first
        order = torch.rand(self.batch, len(self.sizes), generator=generator, device=device)
        order.scatter_(1, self.families[first], -1.0)  # the first one's own family comes last
        families = order.topk(self.group - 1, dim=1).indices
        others = self.members[families, below(self.sizes[families], generator)]
        return torch.cat([first, others], dim=1)

    def starts_in(
        self, scans: Int64[Tensor, "batch some"], generator: torch.Generator
    ) -> Int64[Tensor, "batch some 3"]:
        """The first voxel of a cube around a random brain voxel of each scan."""
        centres = self.centres[scans, below(self.counts[scans], generator)]
        starts = (centres - self.patch // 2).clamp(min=0)
        _, *shape = self.images.shape
        return torch.stack(
            [start.clamp(max=side - self.patch) for start, side in zip(starts.unbind(-1), shape, strict=True)], dim=-1
        )


def below(limits: Int64[Tensor, "batch some"], generator: torch.Generator) -> Int64[Tensor, "batch some"]:
    """A uniform index below each limit, without asking the device for the limits."""
    uniform = torch.rand(limits.shape, generator=generator, device=limits.device, dtype=torch.float64)
    return (uniform * limits).long()


def _home(cohort: Cohort, device: torch.device) -> torch.device:
    """The device, unless it is a GPU and the scans would take more than half of its free memory."""
    if device.type != "cuda":
        return device
    needed = 3 * len(cohort) * cohort.scans[0].labels.numel()  # two bytes of image, one of label
    free, _ = torch.cuda.mem_get_info(device)
    if needed <= free / 2:
        return device
    log.warning(
        "cohort %s takes %.1f GB, %s has %.1f GB free: patches are cut in main memory, which is slower",
        cohort.name,
        needed / 1e9,
        device,
        free / 1e9,
    )
    return torch.device("cpu")


def _sliced(
    volumes: Volumes, scans: Int64[Tensor, "batch some"], starts: Starts, edge: int, dtype: torch.dtype
) -> Cubes:
    """Cubes copied one by one: on a CPU some three times faster than a gather, which goes voxel by voxel."""
    cubes = torch.empty((*scans.shape, edge, edge, edge), dtype=dtype)
    places = zip(cubes.flatten(0, 1), scans.flatten().tolist(), starts.flatten(0, 1).tolist(), strict=True)
    for cube, scan, (z, y, x) in places:
        cube.copy_(volumes[scan, z : z + edge, y : y + edge, x : x + edge])
    return cubes


def _gathered(
    volumes: Volumes, scans: Int64[Tensor, "batch some"], starts: Starts, edge: int, dtype: torch.dtype
) -> Cubes:
    """The same in one operation, which never asks a GPU where the cubes are."""
    windows = volumes.unfold(1, edge, 1).unfold(2, edge, 1).unfold(3, edge, 1)  # scan, starts, edge edge edge
    return windows[(scans, *starts.unbind(-1))].to(dtype)


def _centres(scan: Scan) -> Int64[Tensor, "voxel 3"]:
    """Where cubes of this scan may be centred; intensities are 0 outside the brain."""
    labelled = scan.labels.numpy() > 0
    brain = labelled | (scan.image[0].numpy() > 0)
    if not brain.any():
        raise BenchError(f"scan {scan.name} holds no brain voxel to centre a patch on; remove it")
    rng = seeds.generator("patch centres", scan.name)
    if 2 * np.count_nonzero(labelled) >= np.count_nonzero(brain):
        return torch.from_numpy(_some(np.argwhere(labelled), rng))
    if not labelled.any():
        return torch.from_numpy(_some(np.argwhere(brain), rng))
    half = [rng.choice(np.argwhere(part), MOST_CENTRES // 2) for part in (labelled, brain)]
    return torch.from_numpy(np.concatenate(half))


def _some(voxels: Int64[np.ndarray, "voxel 3"], rng: np.random.Generator) -> Int64[np.ndarray, "some 3"]:
    return voxels if len(voxels) <= MOST_CENTRES else rng.choice(voxels, MOST_CENTRES, replace=False)


def _padded(rows: list[Tensor]) -> Tensor:
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
