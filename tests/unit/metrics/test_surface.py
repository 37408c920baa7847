"""Surface distance: hand-computed maps, and the definition written out over all pairs of surface voxels."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist
from torch import Tensor

from bench.metrics.surface import hd95_mm

CLASSES = ("background", "GM", "WM")


def box(*spans: tuple[int, int], label: int = 1) -> Tensor:
    """A box of one class in a grid of 12 x 12 x 12."""
    volume = torch.zeros(12, 12, 12, dtype=torch.uint8)
    volume[tuple(slice(*span) for span in spans)] = label
    return volume


def by_definition(predicted: Tensor, labels: Tensor, spacing_mm: float) -> float:
    """Of class 1, from the distances between all surface voxels."""
    masks = [(given == 1).numpy() for given in (predicted, labels)]
    ours, truth = (np.argwhere(mask & ~binary_erosion(mask)) for mask in masks)
    between = cdist(ours, truth) * spacing_mm
    return max(float(np.percentile(between.min(axis=axis), 95)) for axis in (0, 1))


def test_equal_maps_are_at_no_distance() -> None:
    labels = box((2, 8), (2, 8), (2, 8))
    assert hd95_mm(labels, labels, CLASSES[:2], 3.0) == {"GM": 0.0}


def test_a_shift_is_its_length_in_millimetres() -> None:
    # A plate one voxel thick is all surface, and every voxel of it is two voxels from the other plate.
    predicted, labels = box((3, 4), (0, 12), (0, 12)), box((5, 6), (0, 12), (0, 12))
    assert hd95_mm(predicted, labels, CLASSES[:2], 1.5) == {"GM": pytest.approx(3.0)}


def test_a_few_voxels_far_off_count_for_nothing_and_many_for_all() -> None:
    labels = box((3, 4), (0, 12), (0, 12))  # 144 voxels
    few, many = labels.clone(), labels.clone()
    few[11, 0, :2] = 1  # 2 of 146, eight voxels away
    many[11, 0, :] = 1  # 12 of 156
    assert hd95_mm(few, labels, CLASSES[:2], 2.0) == {"GM": 0.0}
    assert hd95_mm(many, labels, CLASSES[:2], 2.0) == {"GM": pytest.approx(16.0)}


def test_the_worse_direction_counts() -> None:
    # All of the small plate lies on the large one, half of the large one lies up to six voxels off.
    small, large = box((3, 4), (0, 12), (0, 6)), box((3, 4), (0, 12), (0, 12))
    assert hd95_mm(small, large, CLASSES[:2], 1.0) == hd95_mm(large, small, CLASSES[:2], 1.0) == {"GM": 6.0}


def test_a_class_in_only_one_map_is_as_far_as_the_grid_allows() -> None:
    labels = box((3, 4), (0, 12), (0, 12), label=2)
    missed = hd95_mm(torch.zeros_like(labels), labels, CLASSES, 2.0)
    invented = hd95_mm(labels, torch.zeros_like(labels), CLASSES, 2.0)
    for found in (missed, invented):
        assert found["WM"] == pytest.approx(2 * 11 * math.sqrt(3))
        assert math.isnan(found["GM"])  # in neither


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**31), share=st.floats(0.02, 0.9), spacing=st.floats(0.5, 5))
def test_agrees_with_the_definition(seed: int, share: float, spacing: float) -> None:
    rng = torch.Generator().manual_seed(seed)
    predicted, labels = ((torch.rand(6, 7, 5, generator=rng) < share).to(torch.uint8) for _ in range(2))
    predicted[0, 0, 0] = labels[5, 6, 4] = 1
    found = hd95_mm(predicted, labels, CLASSES[:2], spacing)["GM"]
    assert found == pytest.approx(by_definition(predicted, labels, spacing), rel=1e-5, abs=1e-5)


def test_what_is_no_map_of_these_classes_is_refused() -> None:
    volume = box((2, 4), (2, 4), (2, 4), label=2)
    with pytest.raises(ValueError, match="predicted hold index 2, but there are 2 classes background, GM"):
        hd95_mm(volume, volume, CLASSES[:2], 1.0)
    with pytest.raises(ValueError, match="background and at least one more"):
        hd95_mm(volume, volume, CLASSES[:1], 1.0)
