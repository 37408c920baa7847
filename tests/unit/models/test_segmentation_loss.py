"""The loss has its minimum where the prediction equals the (soft) target."""

import torch

from bench.models.segmentation_loss import one_hot, segmentation_loss

GRID = [k / 100 for k in range(1, 100)]


def _at(p: float, target: float, squared: bool) -> float:
    """Loss where half the voxels are surely class 1 and the other half have a soft target."""
    sure, soft = torch.tensor([1e-6, 1 - 1e-6]), torch.tensor([p, 1 - p])
    goal = torch.stack([torch.tensor([0.0, 1.0]), torch.tensor([target, 1 - target])], dim=1)
    scores = torch.stack([sure, soft], dim=1).log()
    return float(segmentation_loss(scores.reshape(1, 2, 1, 1, 2), goal.reshape(1, 2, 1, 1, 2), squared))


def test_soft_target_of_point_six_is_best_met_by_point_six() -> None:
    assert min(GRID, key=lambda p: _at(p, 0.6, squared=True)) == 0.6


def test_linear_dice_pulls_a_soft_prediction_away_from_its_target() -> None:
    assert min(GRID, key=lambda p: _at(p, 0.6, squared=False)) > 0.62


def test_hand_computed_value() -> None:
    # One voxel, p = (.8, .2), g = (1, 0): CE = -ln .8; Dice terms 2*.8/(.64+1) and 0/(.04+0), MONAI smooths by 1e-5.
    scores = torch.tensor([0.8, 0.2]).log().reshape(1, 2, 1, 1, 1)
    goal = torch.tensor([1.0, 0.0]).reshape(1, 2, 1, 1, 1)
    expected = 0.22314355 + 1 - (1.6 / 1.64 + 0.0) / 2
    assert abs(float(segmentation_loss(scores, goal)) - expected) < 1e-3


def test_one_hot_puts_a_one_at_the_class() -> None:
    labels = torch.tensor([[[[0, 2]]]], dtype=torch.uint8)
    assert one_hot(labels, 3).tolist() == [[[[[1.0, 0.0]]], [[[0.0, 0.0]]], [[[0.0, 1.0]]]]]
