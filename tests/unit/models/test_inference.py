"""Whole volumes within a memory budget."""

import pytest
import torch
from torch import Tensor

from bench.models.inference import predict


def _local_mean(x: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool3d(x, 3, stride=1, padding=1, count_include_pad=False)


def test_batching_changes_nothing() -> None:
    volumes = torch.rand(5, 1, 6, 7, 8)
    expected = _local_mean(volumes)
    for budget in (6 * 7 * 8, 2 * 6 * 7 * 8, 10**9):
        torch.testing.assert_close(predict(_local_mean, volumes, budget), expected)


def test_passes_stay_within_the_budget() -> None:
    sizes = []

    def watch(x: Tensor) -> Tensor:
        sizes.append(x[:, 0].numel())
        return x

    predict(watch, torch.rand(7, 2, 4, 4, 4), 3 * 64)
    assert sizes == [192, 192, 64]


def test_a_volume_over_the_budget_goes_by_sliding_window() -> None:
    volume = torch.rand(1, 1, 100, 20, 20)
    torch.testing.assert_close(predict(lambda x: 2 * x, volume, 30_000), 2 * volume)


def test_running_out_of_gpu_memory_halves_the_pass_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def small_gpu(x: Tensor) -> Tensor:
        if x[:, 0].numel() > 900_000:
            raise torch.cuda.OutOfMemoryError
        return x + 1

    volumes = torch.zeros(2, 1, 100, 100, 100)
    torch.testing.assert_close(predict(small_gpu, volumes, 2_000_000), volumes + 1)
    assert "passes of at most 0.5 million voxels" in caplog.text
