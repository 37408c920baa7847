"""Reading one scan with its label map, and refusing a bad one in one line."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from jaxtyping import Float32, Float64, Int64
from nibabel.filebasedimages import ImageFileError
from nibabel.orientations import OrientationError
from nibabel.spatialimages import HeaderDataError

from bench.data.bids_tree import Pair
from bench.errors import BenchError

AFFINE_TOLERANCE = 1e-3
MOST_VOXELS = 2**30


@dataclass(frozen=True, eq=False)
class Volume:
    """A scan as it lies on disk, reoriented to RAS+ without interpolation.

    Attributes:
        image: raw intensities.
        labels: raw label values.
        affine: voxel index -> scanner mm.
    """

    image: Float32[np.ndarray, "depth height width"]
    labels: Int64[np.ndarray, "depth height width"]
    affine: Float64[np.ndarray, "4 4"]


def read_volume(pair: Pair, known: Collection[int] | None) -> Volume:
    """The image and its label map.

    Args:
        pair: the two files.
        known: allowed label values; None for any from 0 to 255.

    Raises:
        BenchError: one of the files cannot be used; names it, and the remedy.
    """
    image, affine = _read(pair.image)
    labels, label_affine = _read(pair.labels)
    if image.shape != labels.shape:
        raise BenchError(
            f"{pair.labels} has shape {_size(labels)}, its image {pair.image.name} {_size(image)}; "
            "resample the labels to the image"
        )
    if not np.allclose(affine, label_affine, rtol=0, atol=AFFINE_TOLERANCE):
        gap = float(np.abs(affine - label_affine).max())
        raise BenchError(
            f"{pair.labels} has another affine than {pair.image.name} (largest difference {gap:.4g} mm, allowed "
            f"{AFFINE_TOLERANCE:g}); resample the labels to the image or correct the header"
        )
    if image.min() == image.max():
        raise BenchError(f"{pair.image} is empty: every voxel is {image.flat[0]:g}; replace or remove this scan")
    return Volume(image.astype(np.float32), _whole(pair.labels, labels, known), affine)


def _whole(
    path: Path, labels: Float64[np.ndarray, "depth height width"], known: Collection[int] | None
) -> Int64[np.ndarray, "depth height width"]:
    whole = labels.astype(np.int64)
    if not np.array_equal(whole, labels):
        odd = labels[whole != labels][0]
        raise BenchError(f"{path} holds label {odd:g}; labels are whole numbers: was it interpolated linearly?")
    unknown = set(np.unique(whole).tolist()) - set(range(256) if known is None else known)
    if unknown:
        listed = "a whole number from 0 to 255" if known is None else "listed in dseg.tsv"
        raise BenchError(f"{path} holds label {min(unknown)}, which is not {listed}; add it there or correct the file")
    if not whole.any():
        raise BenchError(f"{path} is empty: every label is 0; replace or remove this scan")
    return whole


def _read(path: Path) -> tuple[Float64[np.ndarray, "depth height width"], Float64[np.ndarray, "4 4"]]:
    if not path.exists():
        raise BenchError(f"{path} is a broken link; fetch its content first (for DataLad: datalad get)")
    if path.stat().st_size == 0:
        raise BenchError(f"{path} is empty (zero bytes); copy it again")
    try:
        raw = nibabel.load(path, mmap=False)
        if not isinstance(raw, nibabel.Nifti1Image):
            raise BenchError(f"{path} is no NIfTI file; convert it to .nii.gz")
        _refuse_header(path, raw)
        canonical = nibabel.as_closest_canonical(raw)
        values = np.asarray(canonical.dataobj, dtype=np.float64)
    except (EOFError, zlib.error) as error:
        raise BenchError(f"{path} is truncated or damaged ({error}); copy it again") from error
    except (ImageFileError, HeaderDataError, OrientationError, ValueError) as error:  # ValueError: absurd offsets
        raise BenchError(f"{path} is no readable NIfTI file ({_one_line(error)}); replace it") from error
    except OSError as error:
        raise BenchError(f"{path} cannot be read ({_one_line(error)}); copy it again") from error
    if values.ndim > 3:
        values = values.reshape(values.shape[:3])
    if not np.isfinite(values).all():
        count = int((~np.isfinite(values)).sum())
        raise BenchError(f"{path} holds {count} NaN or infinite voxels; replace them with numbers")
    return values, np.asarray(canonical.affine, dtype=np.float64)


def _refuse_header(path: Path, raw: nibabel.Nifti1Image) -> None:
    shape, dtype = raw.shape, raw.get_data_dtype()
    if dtype.kind not in "iuf":
        kind = "complex" if dtype.kind == "c" else "RGB" if dtype.kind == "V" else str(dtype)
        raise BenchError(f"{path} holds {kind} voxels; save one real number per voxel")
    if len(shape) < 3 or min(shape) < 1 or np.prod(shape[3:], dtype=np.int64) != 1:
        raise BenchError(f"{path} has shape {'x'.join(map(str, shape))}; keep one 3D volume")
    if np.prod(shape, dtype=np.float64) > MOST_VOXELS:
        raise BenchError(f"{path} claims {'x'.join(map(str, shape))} voxels, over {MOST_VOXELS}; its header is damaged")
    if not np.isfinite(raw.affine).all() or abs(np.linalg.det(raw.affine[:3, :3])) < 1e-9:
        raise BenchError(f"{path} has an affine that cannot be inverted; correct its header")


def _size(volume: Float64[np.ndarray, "depth height width"]) -> str:
    return "x".join(map(str, volume.shape))


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
