"""The MNI152 tissue maps from which phantoms are made.

Source: ICBM 2009a nonlinear symmetric template, Fonov et al., NeuroImage 54(1), 2011, as shipped in nilearn's wheel.
"""

import functools
import hashlib
import importlib.util
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter

from bench.errors import BenchError

MARGIN_VOXELS = 2


@dataclass(frozen=True, eq=False)
class Template:
    """Mean anatomy of 152 people, cropped to the brain.

    Attributes:
        tissues: shares of GM, WM and CSF in each voxel, in [0, 1]; they add up to the brain mask.
        texture: what the mean T1-weighted image shows beyond its three tissues, such as bright deep nuclei, on a scale
            where the image's brightest voxel is 1; 0 outside of the brain.
        affine: voxel index -> mm from the centre of mass of the brain.
    """

    tissues: Float[np.ndarray, "3 depth height width"]
    texture: Float[np.ndarray, "depth height width"]
    affine: Float[np.ndarray, "4 4"]

    @property
    def spacing_mm(self) -> float:
        """Edge of the cubic voxel."""
        return float(self.affine[0, 0])


@functools.lru_cache(maxsize=2)
def load_template(step_mm: int) -> Template:
    """The template at 1 mm, or averaged to a coarser whole number of mm.

    CSF is what GM and WM leave of the brain mask.
    """
    from nilearn import datasets

    t1_image = datasets.load_mni152_template(resolution=1)
    mask = np.asarray(datasets.load_mni152_brain_mask(resolution=1).dataobj, np.float32)
    t1 = np.asarray(t1_image.dataobj, np.float32)
    gray = mask * np.asarray(datasets.load_mni152_gm_template(resolution=1).dataobj, np.float32)
    white = mask * np.asarray(datasets.load_mni152_wm_template(resolution=1).dataobj, np.float32)
    gray_white = np.maximum(gray + white, 1e-6)
    excess = np.maximum(gray_white, 1.0)
    gray, white = gray / excess, white / excess
    maps = np.stack([gray, white, np.maximum(mask - gray - white, 0.0), t1])

    inside = np.argwhere(mask > 0)
    low = np.maximum(inside.min(0) - MARGIN_VOXELS * step_mm, 0)
    high = inside.max(0) + MARGIN_VOXELS * step_mm + 1
    maps = maps[:, low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    if step_mm > 1:
        maps = np.stack([gaussian_filter(part, antialias_sigma(1.0, float(step_mm))) for part in maps])
        maps = maps[:, ::step_mm, ::step_mm, ::step_mm]
    affine = np.diag([step_mm, step_mm, step_mm, 1.0])
    affine[:3, 3] = low - inside.mean(0)
    tissues = maps[:3].copy()
    return Template(tissues, unexplained(tissues, maps[3]), affine)


def unexplained(
    tissues: Float[np.ndarray, "3 depth height width"], t1: Float[np.ndarray, "depth height width"]
) -> Float[np.ndarray, "depth height width"]:
    """`t1` minus its least-squares fit by one intensity per tissue; 0 outside of the brain."""
    brain = tissues.sum(0) > 0.5
    intensities, *_ = np.linalg.lstsq(tissues[:, brain].T, t1[brain], rcond=None)
    return np.where(brain, t1 - np.tensordot(intensities.astype(np.float32), tissues, axes=1), np.float32(0))


def antialias_sigma(source_mm: float, target_mm: float) -> float:
    """Standard deviation, in source voxels, of the Gaussian to apply before sampling at a coarser spacing.

    It widens a profile of full width `source_mm` at half maximum to `target_mm`; 0 when the target is not coarser.
    Source: Cardoso et al., "Scale factor point spread function matching", MICCAI 2015.
    """
    widening = math.sqrt(max(target_mm**2 - source_mm**2, 0.0))
    return float(widening / (2 * math.sqrt(2 * math.log(2))) / source_mm)


def template_hash() -> str:
    """Hash of the template files.

    Raises:
        BenchError: nilearn is not installed, or its wheel came without them.
    """
    spec = importlib.util.find_spec("nilearn")
    if spec is None or spec.origin is None:
        raise BenchError("the phantom needs nilearn's MNI152 template; install it with `pip install nilearn`")
    files = sorted(Path(spec.origin).parent.glob("datasets/data/mni_icbm152_*.nii.gz"))
    if len(files) != 3:
        raise BenchError(
            f"nilearn at {Path(spec.origin).parent} holds {len(files)} MNI152 files instead of 3; reinstall nilearn"
        )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
