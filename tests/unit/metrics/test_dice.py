"""Dice: hand-computed maps, MONAI, and the plain formula."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from monai.metrics import DiceMetric
from torch import Tensor
from torch.nn.functional import one_hot

from bench.metrics.dice import class_map, dice, dice_of_probabilities

CLASSES = ("background", "GM", "WM", "CSF")


def volume(*values: int) -> Tensor:
    """One row of voxels."""
    return torch.tensor(values, dtype=torch.uint8)[None, None]


def test_hand_computed_overlaps() -> None:
    predicted = volume(0, 1, 1, 1, 2, 2, 3, 0)
    labels = volume(0, 1, 1, 2, 2, 2, 0, 3)
    # GM: 2 * 2 / (3 + 2); WM: 2 * 2 / (2 + 3); CSF: one voxel each, elsewhere.
    assert dice(predicted, labels, CLASSES) == pytest.approx({"GM": 0.8, "WM": 0.8, "CSF": 0.0})


def test_equal_maps_score_one() -> None:
    labels = volume(0, 1, 2, 3, 3)
    assert dice(labels, labels, CLASSES) == {"GM": 1.0, "WM": 1.0, "CSF": 1.0}


def test_a_class_in_neither_map_has_no_dice() -> None:
    scores = dice(volume(0, 1, 2), volume(1, 1, 2), CLASSES)
    assert math.isnan(scores["CSF"])
    assert scores["GM"] == pytest.approx(2 / 3)


def test_a_class_in_only_one_map_scores_zero() -> None:
    assert dice(volume(0, 3), volume(1, 0), (*CLASSES[:2], "CSF", "WM"))["GM"] == 0
    scores = dice(volume(1, 3), volume(1, 2), CLASSES)
    assert (scores["WM"], scores["CSF"]) == (0, 0)


def test_probabilities_count_by_their_most_probable_class() -> None:
    probabilities = torch.tensor([[0.5, 0.1, 0.3], [0.3, 0.6, 0.3], [0.2, 0.3, 0.4]])[:, None, None]
    assert class_map(probabilities).flatten().tolist() == [0, 1, 2]
    assert dice_of_probabilities(probabilities, volume(0, 1, 1), CLASSES[:3]) == pytest.approx({"GM": 2 / 3, "WM": 0})


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**31), classes=st.integers(2, 4), side=st.integers(1, 5))
def test_agrees_with_monai_and_with_the_plain_formula(seed: int, classes: int, side: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    names = CLASSES[:classes]
    predicted, labels = (
        torch.randint(classes, (side, 3, 4), generator=rng, dtype=torch.uint8).clamp(max=int(top))
        for top in torch.randint(classes, (2,), generator=rng)
    )
    scores = dice(predicted, labels, names)

    metric = DiceMetric(include_background=False, reduction="none")
    metric(*(one_hot(given.long(), classes).movedim(-1, 0)[None] for given in (predicted, labels)))
    monai = metric.aggregate()[0]
    for index, name in enumerate(names[1:], start=1):
        ours, theirs = (predicted == index).numpy(), (labels == index).numpy()
        if ours.sum() + theirs.sum() == 0:
            assert math.isnan(scores[name])
        else:
            assert scores[name] == pytest.approx(2 * (ours & theirs).sum() / (ours.sum() + theirs.sum()))
        if theirs.any():
            assert scores[name] == pytest.approx(float(monai[index - 1]))


def test_an_index_that_is_no_class_is_refused() -> None:
    with pytest.raises(ValueError, match="labels hold index 4, but there are 4 classes"):
        dice(volume(0, 1), volume(0, 4), CLASSES)
    with pytest.raises(ValueError, match="predicted hold index 9"):
        dice(volume(0, 9), volume(0, 1), CLASSES)


def test_probabilities_that_are_not_finite_are_refused() -> None:
    probabilities = torch.rand(4, 1, 1, 3)
    probabilities[2, 0, 0, 1] = torch.nan
    with pytest.raises(ValueError, match="probabilities must be finite"):
        dice_of_probabilities(probabilities, volume(0, 1, 2), CLASSES)


def test_one_map_per_class_is_required() -> None:
    with pytest.raises(ValueError, match="got 3 probability maps for 4 classes"):
        dice_of_probabilities(torch.rand(3, 1, 1, 3), volume(0, 1, 2), CLASSES)


def test_a_foreground_class_is_required() -> None:
    with pytest.raises(ValueError, match="background and at least one more"):
        dice(volume(0), volume(0), ("background",))
