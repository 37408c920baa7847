"""Fingerprints of answers: volumes counted by hand, axes evened out, people found through an unsure server."""

import pytest
import torch

from bench.attacks.matched.rows import whitened
from bench.attacks.segmap_fingerprint import SegmapFingerprint, even
from bench.attacks.segmaps.volumes import volumes

RNG = torch.Generator().manual_seed(4)


def test_volumes_are_shares_of_cubes() -> None:
    soft = torch.zeros(2, 2, 2, 4)
    soft[1, :, :, 0] = 1.0  # a quarter of the grid: half of the first cube
    soft[1, 0, 0, 3] = 0.8
    assert volumes(soft, 2).tolist() == pytest.approx([0.5, 0.8 / 8])


def test_a_cube_that_is_cut_counts_its_own_voxels() -> None:
    soft = torch.ones(2, 3, 3, 3)
    assert volumes(soft, 2).tolist() == pytest.approx([1.0] * 8)


def test_axes_are_evened_out_as_by_the_singular_value_decomposition() -> None:
    rows = torch.randn(9, 30, generator=RNG)
    rows[:, 0] *= 20
    rows = rows - rows.mean(0)
    found = even(rows, 4)
    assert torch.allclose(found, whitened(rows, rows, 4), atol=1e-4)
    before, after = (torch.linalg.svdvals(one) for one in (rows, found))
    assert after[:4].tolist() == pytest.approx([float(before[3])] * 4, rel=1e-4)


def test_without_axes_nothing_changes() -> None:
    rows = torch.randn(4, 30, generator=RNG)
    assert torch.equal(even(rows, 0), rows)


@pytest.mark.parametrize(("name", "value"), [("cell_mm", 0.0), ("whiten", -1)])
def test_settings_that_make_no_sense_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        SegmapFingerprint(**{name: value})
