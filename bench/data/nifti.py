"""Reading one scan with its label map, and refusing a bad one in one line."""

import zlib
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from jaxtyping import Float32, Float64, Int64
from nibabel.filebasedimages import ImageFileError
from nibabel.freesurfer.mghformat import MGHError
from nibabel.imageglobals import LoggingOutputSuppressor
from nibabel.orientations import OrientationError
from nibabel.spatialimages import HeaderDataError

from bench.data.row import WHOLE_NUMBERS, Labelling, Row
from bench.errors import BenchError

AFFINE_TOLERANCE = 1e-3
SHEAR_TOLERANCE = 1e-2
"""Largest cosine between two axes of a volume; files round their affines, a gantry tilt of a degree is 0.017."""
MOST_VOXELS = 2**30
DOES_NOT_EXIST = " does not exist"
"""The end of the line about a missing file, which the reader of a layout may have told already."""
SUFFIXES = (".nii.gz", ".nii", ".mgz", ".mgh")
"""What can be read."""

Image = Float64[np.ndarray, "depth height width"]
Affine = Float64[np.ndarray, "4 4"]


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan as it lies on disk, reoriented to RAS+ without interpolation.

    Attributes:
        image: raw intensities, 0 outside of the brain where the row names a file with the brain.
        labels: classes by number.
        affine: voxel index -> scanner mm.
    """

    image: Float32[np.ndarray, "depth height width"]
    labels: Int64[np.ndarray, "depth height width"]
    affine: Affine


def read_volume(row: Row, labelling: Labelling) -> Volume:
    """The image and its label map.

    Args:
        row: the files.
        labelling: which numbers are allowed, and what they mean.

    Raises:
        BenchError: one of the files cannot be used; names it, and the remedy.
    """
    image, affine = read_image(row.image)
    labels, label_affine = read_image(row.labels)
    _require_same_place(row.labels, labels, label_affine, row, image, affine)
    if image.min() == image.max():
        raise BenchError(f"{row.image} is empty: every voxel is {image.flat[0]:g}; replace or remove this scan")
    if row.brain is not None:
        brain, brain_affine = read_image(row.brain)
        _require_same_place(row.brain, brain, brain_affine, row, image, affine)
        if not brain.any():
            raise BenchError(f"{row.brain} is empty: no voxel is inside of the brain; replace or remove this scan")
        image = np.where(brain != 0, image, 0.0)
    return Volume(image.astype(np.float32), _classes(row.labels, labels, labelling), affine)


def read_labels(path: Path, labelling: Labelling) -> Int64[np.ndarray, "depth height width"]:
    """The classes of one label map, by number.

    Raises:
        BenchError: the file cannot be used.
    """
    return _classes(path, read_image(path)[0], labelling)


def read_image(path: Path) -> tuple[Image, Affine]:
    """The voxels of one file and where they are, reoriented to RAS+ without interpolation.

    Raises:
        BenchError: the file cannot be used.
    """
    if not path.exists():
        remedy = "fetch its content first (for DataLad: datalad get)"
        raise BenchError(f"{path} is a broken link; {remedy}" if path.is_symlink() else f"{path}{DOES_NOT_EXIST}")
    if path.stat().st_size == 0:
        raise BenchError(f"{path} is empty (zero bytes); copy it again")
    try:
        with LoggingOutputSuppressor():  # what nibabel would mend silently or with a warning is looked at here
            raw = nibabel.load(path, mmap=False)
            if not isinstance(raw, nibabel.Nifti1Pair | nibabel.MGHImage):
                raise BenchError(f"{path} is no NIfTI file; convert it to .nii.gz")
            _refuse_header(path, raw)
            canonical = nibabel.as_closest_canonical(raw)
            values = np.asarray(canonical.dataobj, dtype=np.float64)
    except (EOFError, zlib.error) as error:
        raise BenchError(f"{path} is truncated or damaged ({error}); copy it again") from error
    except (ImageFileError, HeaderDataError, OrientationError, MGHError, ValueError) as error:
        # ValueError: absurd offsets
        raise BenchError(f"{path} is no readable NIfTI file ({_one_line(error)}); replace it") from error
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({_one_line(error)}); copy it again") from error
    if values.ndim > 3:
        values = values.reshape(values.shape[:3])
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise BenchError(f"{path} holds {count} NaN or infinite voxels; replace them with numbers")
    return values, np.asarray(canonical.affine, dtype=np.float64)


def _require_same_place(
    path: Path, values: Float64[np.ndarray, "_ _ _"], placed: Affine, row: Row, image: Image, affine: Affine
) -> None:
    what = "labels" if path == row.labels else "mask"
    if image.shape != values.shape:
        raise BenchError(
            f"{path} has shape {_size(values)}, its image {row.image.name} {_size(image)} "
            f"(right x anterior x superior); resample the {what} to the image"
        )
    if not np.allclose(affine, placed, rtol=0, atol=AFFINE_TOLERANCE):
        gap = float(np.abs(affine - placed).max())
        raise BenchError(
            f"{path} has another affine than {row.image.name} (largest difference {gap:.4g} mm, allowed "
            f"{AFFINE_TOLERANCE:g}); resample the {what} to the image or correct the header"
        )


def _classes(path: Path, labels: Image, labelling: Labelling) -> Int64[np.ndarray, "depth height width"]:
    whole = labels.astype(np.int64)
    if not np.array_equal(whole, labels):
        odd = labels[whole != labels][0]
        raise BenchError(f"{path} holds label {odd:g}; labels are whole numbers: was it interpolated linearly?")
    present = np.unique(whole)
    unknown = sorted(set(present.tolist()) - labelling.allowed)
    if unknown:
        listed = labelling.listed_in if labelling.listed_in == WHOLE_NUMBERS else f"listed in {labelling.listed_in}"
        raise BenchError(f"{path} holds label {unknown[0]}, which is not {listed}; add it there or correct the file")
    if labelling.groups is not None:
        groups = np.array([labelling.groups[value] for value in present.tolist()], np.int64)
        whole = groups[np.searchsorted(present, whole)]
    if not labelling.may_be_empty and not whole.any():
        raise BenchError(f"{path} is empty: every label is 0; replace or remove this scan")
    return whole


def _refuse_header(path: Path, raw: nibabel.Nifti1Pair | nibabel.MGHImage) -> None:
    shape, dtype = raw.shape, raw.get_data_dtype()
    if dtype.kind not in "iuf":
        kind = "complex" if dtype.kind == "c" else "RGB" if dtype.kind == "V" else str(dtype)
        raise BenchError(f"{path} holds {kind} voxels; save one real number per voxel")
    if len(shape) < 3 or min(shape) < 1 or np.prod(shape[3:], dtype=np.int64) != 1:
        raise BenchError(f"{path} has shape {'x'.join(map(str, shape))}; keep one 3D volume")
    if np.prod(shape, dtype=np.float64) > MOST_VOXELS:
        raise BenchError(f"{path} claims {'x'.join(map(str, shape))} voxels, over {MOST_VOXELS}; its header is damaged")
    spacing = _stored_spacing(raw)
    if not (np.isfinite(spacing) & (spacing > 0)).all():
        sides = " x ".join(f"{side:g}" for side in spacing)
        raise BenchError(f"{path} has voxels of {sides} mm; correct its header, sides are > 0")
    if not np.isfinite(raw.affine).all() or abs(np.linalg.det(raw.affine[:3, :3])) < 1e-9:
        raise BenchError(f"{path} has an affine that cannot be inverted; correct its header")
    axes = raw.affine[:3, :3] / np.linalg.norm(raw.affine[:3, :3], axis=0)
    shear = float(np.abs(axes.T @ axes - np.eye(3)).max())
    if shear > SHEAR_TOLERANCE:
        angle = float(np.degrees(np.arcsin(min(shear, 1.0))))
        raise BenchError(
            f"{path} is sheared: its axes are {angle:.1f} degrees from square; resample it to orthogonal axes first"
        )


def _stored_spacing(raw: nibabel.Nifti1Pair | nibabel.MGHImage) -> Float64[np.ndarray, " 3"]:
    """Sides of a voxel in mm as the file says; nibabel itself turns a negative one positive and 0 into 1."""
    if isinstance(raw, nibabel.MGHImage):
        return np.asarray(raw.header["delta"], np.float64)
    place = raw.file_map["header" if "header" in raw.file_map else "image"]
    with place.get_prepare_fileobj("rb") as stream:
        header = type(raw.header).from_fileobj(stream, check=False)
    return np.asarray(header["pixdim"][1:4], np.float64)


def _size(volume: Float64[np.ndarray, "_ _ _"]) -> str:
    return "x".join(map(str, volume.shape))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
