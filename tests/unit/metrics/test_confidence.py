"""How sure a segmentation is of the truth, by hand."""

import math

import pytest
import torch

from bench.metrics.confidence import SMALLEST, mean_logit, mean_logit_of_answer


def _volume(*voxels: list[float]) -> torch.Tensor:
    """Classes by voxels on a line, as `class depth height width`."""
    return torch.tensor(voxels).T[:, :, None, None]


def _labels(*labels: int) -> torch.Tensor:
    return torch.tensor(labels, dtype=torch.uint8)[:, None, None]


def test_it_is_the_mean_logit_over_labelled_voxels() -> None:
    sure, unsure, background = [0.1, 0.8, 0.1], [0.25, 0.25, 0.5], [0.01, 0.98, 0.01]
    expected = (math.log(0.8 / 0.2) + math.log(0.25 / 0.75)) / 2
    found = mean_logit_of_answer(_volume(sure, unsure, background), _labels(1, 1, 0))
    assert float(found) == pytest.approx(expected, abs=1e-6)


def test_scores_before_softmax_give_the_same() -> None:
    scores = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.randint(0, 4, (3, 3, 3), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    of_answer = mean_logit_of_answer(scores.softmax(dim=0), labels)
    assert float(mean_logit(scores, labels)) == pytest.approx(float(of_answer), abs=1e-5)
    assert float(mean_logit(scores + 7, labels)) == pytest.approx(float(of_answer), abs=1e-5)


def test_certainty_beyond_the_wire_is_finite() -> None:
    found = mean_logit_of_answer(_volume([0.0, 1.0], [1.0, 0.0]), _labels(1, 1))
    assert float(found) == pytest.approx(0, abs=1e-5)  # sure and right, sure and wrong
    assert float(mean_logit_of_answer(_volume([0.0, 1.0]), _labels(1))) == pytest.approx(-math.log(SMALLEST), abs=1e-3)


def test_where_nothing_is_labelled_all_voxels_count() -> None:
    found = mean_logit_of_answer(_volume([0.8, 0.2], [0.5, 0.5]), _labels(0, 0))
    assert float(found) == pytest.approx(math.log(0.8 / 0.2) / 2, abs=1e-5)
