"""One image under two names: whoever stands behind both could be trained on and attacked."""

import re
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pytest

from bench.data.bids import Bids
from bench.errors import BenchError
from tests.bids_trees import SMALL

Tree = Callable[..., Path]


@pytest.mark.parametrize("revisits", ["auto", "real"])
def test_a_copy_of_somebody_is_refused(tree: Tree, revisits: str) -> None:
    root = tree()
    kept, copy = (root / f"sub-{name}/anat/sub-{name}_T1w.nii.gz" for name in ("02", "03"))
    copy.write_bytes(kept.read_bytes())
    line = f"{kept} holds the same voxels as {copy} (sub-02_visit-1, sub-03_visit-1); keep one"
    with pytest.raises(BenchError, match=re.escape(line)):
        Bids(revisits=revisits).load(root, SMALL)  # type: ignore[arg-type]


def test_one_voxel_makes_it_another_image(tree: Tree) -> None:
    root = tree()
    kept, copy = (root / f"sub-{name}/anat/sub-{name}_T1w.nii.gz" for name in ("02", "03"))
    image = nibabel.load(kept)
    values = np.asarray(image.dataobj).copy()
    values[tuple(side // 2 for side in values.shape)] += 1
    nibabel.save(nibabel.Nifti1Image(values, image.affine, image.header), copy)
    assert len(Bids().load(root, SMALL).subjects) >= 8
