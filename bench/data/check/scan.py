"""Looking at one scan: can it be read, what does it hold, is anything about it odd."""

from dataclasses import dataclass

import nibabel
import numpy as np
from jaxtyping import Float32
from scipy.ndimage import gaussian_filter

from bench.data.file_hash import hash_of_values
from bench.data.nifti import Volume, read_volume
from bench.data.row import Labelling, Row
from bench.data.source import Region, source_of, visit_as_is
from bench.dataset import Grid
from bench.errors import BenchError

LOOK = Grid((54, 66, 54), 3.0)
"""Where scans are compared."""
DETAIL_SIGMA = 1.0
"""In voxels of that grid: what is smoother is the shape of every head, what is left is more of this one's."""
MOST_NEGATIVE = 0.01
COARSE_MM = 3.0


@dataclass(frozen=True, kw_only=True)
class ScanReport:
    """One scan.

    Attributes:
        problem: why it cannot be used; empty if it can.
        oddities: what a person should know; the scan is used.
        shape: voxels as stored.
        spacing_mm: sides of a voxel as stored.
        orientation: of the stored axes, such as RAS.
        voxel_type: as stored.
        lowest, highest: intensities.
        labelled_ml: volume of each class that occurs, by name.
        brain_ml: volume of the brain.
        megabytes: size of the files.
        content: hash of the image's voxels, the same under another name, compression or orientation.
        labels_content: the same of the label map.
    """

    subject: str
    session: str
    family: str
    image: str
    problem: str = ""
    oddities: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] = ()
    orientation: str = ""
    voxel_type: str = ""
    lowest: float = 0.0
    highest: float = 0.0
    labelled_ml: dict[str, float] | None = None
    brain_ml: float = 0.0
    megabytes: float = 0.0
    content: str = ""
    labels_content: str = ""

    @property
    def name(self) -> str:
        """`subject_session`."""
        return f"{self.subject}_{self.session}"


@dataclass(frozen=True, eq=False)
class Look:
    """A report with what is compared between scans.

    Attributes:
        detail: fine structure on a common grid, of norm 1; None for a scan that cannot be used.
    """

    report: ScanReport
    detail: Float32[np.ndarray, " voxel"] | None


def look_at(row: Row, labelling: Labelling, region: Region) -> Look:
    """Read one scan and describe it; a bad one is described by its problem."""
    try:
        volume = read_volume(row, labelling)
        names = dict(labelling.classes or {})
        highest = int(volume.labels.max())
        values = tuple(names) if names else tuple(range(highest + 1))
        source = source_of(row, volume, values, region)
        scan = visit_as_is(source, LOOK)
        report = _describe(row, volume, names, len(source.brain_mm), region)
    except BenchError as error:
        return Look(_bare(row, str(error)), None)
    except OSError as error:
        return Look(_bare(row, f"{error.filename or row.image} cannot be read ({error.strerror})"), None)
    return Look(report, fine_structure(scan.image[0].numpy()))


def fine_structure(image: Float32[np.ndarray, "depth height width"]) -> Float32[np.ndarray, " voxel"]:
    """The image without what varies slowly, mean 0 and norm 1, so that a product of two is their correlation."""
    detail = (image - gaussian_filter(image, DETAIL_SIGMA)).ravel()
    detail = detail - detail.mean()
    norm = float(np.linalg.norm(detail))
    scaled: Float32[np.ndarray, " voxel"] = (detail / max(norm, 1e-12)).astype(np.float32)
    return scaled


def _bare(row: Row, problem: str) -> ScanReport:
    return ScanReport(
        subject=row.subject, session=row.session, family=row.relatives, image=str(row.image), problem=problem
    )


def _describe(row: Row, volume: Volume, names: dict[int, str], brain: int, region: Region) -> ScanReport:
    raw = nibabel.load(row.image)
    voxel_ml = abs(float(np.linalg.det(volume.affine[:3, :3]))) / 1000
    found, counts = np.unique(volume.labels, return_counts=True)
    labelled = {
        names.get(int(value), f"class-{value}"): round(float(count) * voxel_ml, 3)
        for value, count in zip(found, counts, strict=True)
        if value
    }
    spacing = tuple(float(side) for side in np.linalg.norm(raw.affine[:3, :3], axis=0))
    return ScanReport(
        subject=row.subject,
        session=row.session,
        family=row.relatives,
        image=str(row.image),
        oddities=tuple(_oddities(volume, spacing, brain * voxel_ml, region)),
        shape=tuple(raw.shape[:3]),
        spacing_mm=tuple(round(side, 3) for side in spacing),
        orientation="".join(nibabel.aff2axcodes(raw.affine)),
        voxel_type=str(raw.get_data_dtype()),
        lowest=float(volume.image.min()),
        highest=float(volume.image.max()),
        labelled_ml=labelled,
        brain_ml=round(brain * voxel_ml, 1),
        megabytes=round(sum(file.stat().st_size for file in row.files) / 1e6, 3),
        content=hash_of_values(volume.image),
        labels_content=hash_of_values(volume.labels),
    )


def _oddities(volume: Volume, spacing: tuple[float, ...], brain_ml: float, region: Region) -> list[str]:
    found: list[str] = []
    negative = float((volume.image[region.of_volume(volume)] < 0).mean())
    if negative > MOST_NEGATIVE:
        found.append(f"{negative:.0%} of the brain is negative and becomes 0; give intensities as the scanner did")
    if max(spacing) > COARSE_MM:
        found.append(f"voxels of {max(spacing):.1f} mm along one axis: fine structure is lost there")
    if region.stripped and not 300 <= brain_ml <= 2500:
        found.append(f"a brain of {brain_ml:.0f} ml; adults have 900 to 1800")
    if not volume.labels.any():
        found.append("no labelled voxel")
    return found
