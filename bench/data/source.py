"""From the files of one scan to scans on the grid: the visit as it is, or made-up visits of the same person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Bool, Float32, Float64, UInt8

from bench.data.appearance import apply_appearance
from bench.data.nifti import Volume, read_volume
from bench.data.resample import Resampled, onto_grid, scale_robustly
from bench.data.row import Labelling, Row
from bench.data.visit import Visit
from bench.data.warp import Displacement, axes_mm
from bench.dataset import Grid
from bench.errors import BenchError
from bench.types.scan import Scan

SIMULATED_SESSION = "visit-2-simulated"

Image = Float32[np.ndarray, "depth height width"]
Mask = Bool[np.ndarray, "depth height width"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Region:
    """What counts as brain.

    Attributes:
        of_volume: the brain in a scan as it lies on disk.
        of_grid: the brain on the grid, from image and labels; everything else becomes 0. None for where at least half
            of a voxel is brain by `of_volume`.
        centred: the brain's centre of mass becomes the middle of the grid; else the middle of the volume does, which
            keeps scans where they are that were registered to each other.
        stripped: `of_volume` is the brain itself, not only a rough idea of where it is.
    """

    of_volume: Callable[[Volume], Mask]
    of_grid: Callable[[Image, UInt8[np.ndarray, "depth height width"]], Mask] | None
    centred: bool = True
    stripped: bool = True


def _labelled(volume: Volume) -> Mask:
    labelled: Mask = volume.labels > 0
    return labelled


def _bright(volume: Volume) -> Mask:
    bright: Mask = volume.image > volume.image.mean()
    return bright


def _nonzero(volume: Volume) -> Mask:
    lit: Mask = volume.image != 0
    return lit


def _labelled_on_grid(image: Image, labels: UInt8[np.ndarray, "depth height width"]) -> Mask:
    labelled: Mask = labels > 0
    return labelled


def _lit_on_grid(image: Image, labels: UInt8[np.ndarray, "depth height width"]) -> Mask:
    lit: Mask = image > 0
    return lit


LABELLED = Region(of_volume=_labelled, of_grid=_labelled_on_grid)
"""Where a label is not 0."""

STRIPPED = Region(of_volume=_nonzero, of_grid=None)
"""For images that are 0 outside of the brain already, and whose labels cover a part of it, as a lesion."""

BRIGHT = Region(of_volume=_bright, of_grid=_lit_on_grid, stripped=False)
"""For data whose labels do not cover the brain: centred where the image is brighter than its mean, left unmasked."""

REGISTERED = replace(STRIPPED, centred=False)
"""As `STRIPPED`, for images that lie on a common grid already."""

BrainBy = Literal["labels", "nonzero", "none"]
REGIONS: Mapping[BrainBy, Region] = {"labels": LABELLED, "nonzero": STRIPPED, "none": BRIGHT}
"""What users choose from."""


@dataclass(frozen=True, eq=False)
class Source:
    """A scan as it lies on disk, with what is needed to place it.

    Attributes:
        classes: label value of every class, background first.
        brain_mm: scanner coordinates of the brain's voxels.
    """

    row: Row
    volume: Volume
    classes: tuple[int, ...]
    region: Region
    brain_mm: Float64[np.ndarray, "voxel 3"]

    @property
    def centre_mm(self) -> Float64[np.ndarray, " 3"]:
        """What becomes the middle of the grid, in scanner coordinates."""
        affine = self.volume.affine
        middle = affine[:3, :3] @ ((np.asarray(self.volume.image.shape) - 1) / 2) + affine[:3, 3]
        centre: Float64[np.ndarray, " 3"] = self.brain_mm.mean(0) if self.region.centred else middle
        return centre


def read_source(row: Row, labelling: Labelling, classes: tuple[int, ...], region: Region) -> Source:
    """The scan with its brain located.

    Raises:
        BenchError: a file cannot be used, or shows no brain.
    """
    return source_of(row, read_volume(row, labelling), classes, region)


def source_of(row: Row, volume: Volume, classes: tuple[int, ...], region: Region) -> Source:
    """The same for a scan that is read already.

    Raises:
        BenchError: it shows no brain.
    """
    affine = volume.affine
    brain_mm = np.argwhere(region.of_volume(volume)) @ affine[:3, :3].T + affine[:3, 3]
    if not len(brain_mm):
        raise BenchError(f"{row.image} shows no brain; check the image and its mask")
    return Source(row, volume, classes, region, brain_mm)


def visit_as_is(source: Source, grid: Grid) -> Scan:
    """The scan on the grid."""
    onto, labels, inside = _onto(source, None, grid)
    image = np.where(inside, scale_robustly(onto.image, inside, str(source.row.image)), np.float32(0))
    return _scan(source, image, labels, source.row.session, simulated=False)


def made_up_visit(source: Source, visit: Visit, grid: Grid, *, second: bool) -> Scan:
    """A visit of the same person on another day, interpolated once from the scan on disk.

    Args:
        second: it is the simulated one; else it keeps the name of the session that it was made from.
    """
    onto, labels, inside = _onto(source, visit.displacement, grid)
    clean = scale_robustly(onto.image, inside, str(source.row.image))
    image = apply_appearance(clean, onto.shares[1:], inside, axes_mm(grid), visit.appearance)
    return _scan(source, image, labels, SIMULATED_SESSION if second else source.row.session, simulated=second)


def _onto(
    source: Source, displacement: Displacement | None, grid: Grid
) -> tuple[Resampled, UInt8[np.ndarray, "depth height width"], Mask]:
    region, volume = source.region, source.volume
    brain = region.of_volume(volume) if region.of_grid is None else None
    onto = onto_grid(volume, source.classes, source.centre_mm, displacement, grid, brain)
    labels = onto.shares.argmax(0).astype(np.uint8)
    inside = onto.brain if region.of_grid is None else region.of_grid(onto.image, labels)
    return onto, labels, inside


def _scan(
    source: Source, image: Image, labels: UInt8[np.ndarray, "depth height width"], session: str, *, simulated: bool
) -> Scan:
    return Scan(
        image=torch.from_numpy(image[None]),
        labels=torch.from_numpy(labels),
        subject=source.row.subject,
        family=source.row.relatives,
        session=session,
        simulated=simulated,
        traits=source.row.traits,
    )
