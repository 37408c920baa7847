"""One scan on the common grid: registered, masked, scaled, with numbers that say how well."""

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from jaxtyping import Bool, Float, Float32, UInt8

from bench import seeds
from bench.data.nifti import Volume, read_volume
from bench.data.prepare.reference import Reference, load_reference
from bench.data.prepare.register import Registration, register, without_bias
from bench.data.prepare.space import from_sitk, to_sitk
from bench.data.resample import scale_robustly
from bench.data.row import Labelling, Row
from bench.data.source import Region
from bench.data.template import antialias_sigma
from bench.errors import BenchError

LEAST_DICE = 0.90
"""Brains that overlap less with the template's are worth a look."""
LEAST_SCALE, MOST_SCALE = 0.45, 1.3
"""Usual volumes of a brain over the template's, which is 1.3 times as large as an average adult's."""


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How well one scan lies on the template.

    Attributes:
        dice: overlap of its brain with the template's, in [0, 1].
        correlation: Pearson's r of image and template where both are brain, in [-1, 1].
        mutual_information: what the registration maximised, in nats.
        scale: volume of the brain over the template's, as registered.
        cut_off: share of the brain outside of the grid.
    """

    dice: float
    correlation: float
    mutual_information: float
    scale: float
    cut_off: float

    @property
    def suspicion(self) -> str:
        """Why somebody should look at this scan; empty if nothing stands out."""
        if self.dice < LEAST_DICE:
            return f"overlap {self.dice:.3f} < {LEAST_DICE:g}"
        if not LEAST_SCALE <= self.scale <= MOST_SCALE:
            return f"brain of {self.scale:.2f} times the template's volume"
        return f"{self.cut_off:.1%} of the brain is outside of the grid" if self.cut_off > 0.01 else ""


@dataclass(frozen=True, eq=False)
class PreparedScan:
    """A scan on the grid.

    Attributes:
        image: intensities in [0, 1], 0 outside of the brain.
        labels: classes by number.
        registration: where it came from.
    """

    image: Float32[np.ndarray, "depth height width"]
    labels: UInt8[np.ndarray, "depth height width"]
    registration: Registration
    quality: Quality


def prepare_scan(row: Row, labelling: Labelling, region: Region, spacing_mm: float, n4: bool) -> PreparedScan:
    """Read, register, resample, mask and scale one scan.

    Args:
        region: what counts as brain; where nothing does (`mask = none`), the template's brain is cut out afterwards.
        n4: divide by an estimate of the bias field first.

    Raises:
        BenchError: a file cannot be used, or the scan cannot be registered.
    """
    reference = load_reference(spacing_mm)
    volume = read_volume(row, labelling)
    whole_head = not region.stripped
    brain = np.ones(volume.image.shape, bool) if whole_head else region.of_volume(volume)
    if not brain.any():
        raise BenchError(f"{row.image} shows no brain; check the image and its mask")
    image = to_sitk(np.where(brain, volume.image, 0), volume.affine)
    mask = to_sitk(brain, volume.affine, np.uint8)
    if n4:
        lit = brain & (volume.image > volume.image[brain].mean() / 4) if whole_head else brain
        image = without_bias(image, to_sitk(lit, volume.affine, np.uint8))
    found = register(image, reference.template, seeds.seed(0, "prepare", row.subject, row.session), str(row.image))
    return _on_grid(row, volume, image, mask, found, reference, whole_head)


def _on_grid(
    row: Row,
    volume: Volume,
    image: sitk.Image,
    mask: sitk.Image,
    found: Registration,
    reference: Reference,
    whole_head: bool,
) -> PreparedScan:
    spacing_mm = float(reference.domain.GetSpacing()[0])
    sigma = [antialias_sigma(side, spacing_mm) * side for side in image.GetSpacing()]
    if max(sigma) > 0:
        image = sitk.DiscreteGaussian(image, variance=[side**2 for side in sigma], maximumKernelWidth=32)

    def onto(what: sitk.Image, how: int) -> sitk.Image:
        return sitk.Resample(what, reference.domain, found.transform, how, 0.0)

    resampled = from_sitk(onto(image, sitk.sitkLinear)).astype(np.float32)
    labels = from_sitk(onto(to_sitk(volume.labels, volume.affine, np.uint8), sitk.sitkNearestNeighbor))
    inside = reference.mask if whole_head else from_sitk(onto(mask, sitk.sitkNearestNeighbor)).astype(bool)
    scaled = np.where(inside, scale_robustly(resampled, inside, str(row.image)), np.float32(0))
    scale = abs(float(np.linalg.det(found.matrix()[:3, :3])))  # scan mm3 in a mm3 of the template
    there = float(inside.sum()) * spacing_mm**3 * scale
    here = float(from_sitk(mask).sum()) * float(np.prod(mask.GetSpacing()))
    quality = Quality(
        dice=dice(inside, reference.mask),
        correlation=correlation(scaled, reference.on_grid, inside & reference.mask),
        mutual_information=found.mutual_information,
        scale=scale,
        cut_off=0.0 if whole_head else max(0.0, 1 - there / here),
    )
    return PreparedScan(scaled, labels.astype(np.uint8), found, quality)


def dice(one: Bool[np.ndarray, "*shape"], other: Bool[np.ndarray, "*shape"]) -> float:
    """Overlap of two masks: 2 |A and B| / (|A| + |B|)."""
    return float(2 * (one & other).sum() / max(int(one.sum()) + int(other.sum()), 1))


def correlation(
    one: Float[np.ndarray, "*shape"], other: Float[np.ndarray, "*shape"], where: Bool[np.ndarray, "*shape"]
) -> float:
    """Pearson's correlation inside of a mask; 0 where it is not defined."""
    if where.sum() < 2 or one[where].std() == 0 or other[where].std() == 0:
        return 0.0
    return float(np.corrcoef(one[where], other[where])[0, 1])
