"""Whole volumes within a memory budget."""

import weakref

import pytest
import torch
from torch import Tensor

from bench.models.batching import Budget
from bench.models.inference import VOXELS_WORTH_BATCHING, predict


def _local_mean(x: Tensor) -> Tensor:
    return torch.nn.functional.avg_pool3d(x, 3, stride=1, padding=1, count_include_pad=False)


def test_batching_changes_nothing() -> None:
    volumes = torch.rand(5, 1, 6, 7, 8)
    expected = _local_mean(volumes)
    for budget in (6 * 7 * 8, 2 * 6 * 7 * 8, 10**9):
        torch.testing.assert_close(predict(_local_mean, volumes, Budget(budget)), expected)


def test_passes_stay_within_the_budget() -> None:
    sizes = []

    def watch(x: Tensor) -> Tensor:
        sizes.append(x[:, 0].numel())
        return x

    predict(watch, torch.rand(7, 2, 4, 4, 4), Budget(3 * 64))
    assert sizes == [192, 192, 64]


def test_a_volume_over_the_budget_goes_by_sliding_window() -> None:
    volume = torch.rand(1, 1, 100, 20, 20)
    torch.testing.assert_close(predict(lambda x: 2 * x, volume, Budget(30_000)), 2 * volume)


class _SmallGpu:
    """Adds 1 to at most so many voxels at a time."""

    def __init__(self, voxels: int) -> None:
        self.voxels = voxels
        self.asked: list[int] = []

    def __call__(self, x: Tensor) -> Tensor:
        self.asked.append(x[:, 0].numel())
        if self.asked[-1] > self.voxels:
            raise torch.OutOfMemoryError
        return x + 1


def test_running_out_of_gpu_memory_halves_the_pass_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    volumes = torch.zeros(2, 1, 100, 100, 100)
    torch.testing.assert_close(predict(_SmallGpu(900_000), volumes, Budget(2_000_000)), volumes + 1)
    assert "passes of at most 0.5 million voxels" in caplog.text


def test_a_kept_budget_runs_out_of_memory_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VOXELS_WORTH_BATCHING, "cpu", 10**9)
    network, budget, volumes = _SmallGpu(1_300_000), Budget(4_000_000), torch.rand(8, 1, 50, 100, 100)
    found = predict(network, volumes, budget)
    assert torch.equal(found, volumes + 1)
    assert network.asked == [4_000_000, 2_000_000] + [1_000_000] * 4
    assert budget.voxels == 1_000_000
    network.asked.clear()
    assert torch.equal(predict(network, volumes, budget), found)
    assert network.asked == [1_000_000] * 4


def test_memory_that_holds_not_one_window_is_an_error() -> None:
    budget = Budget(2_000_000)
    with pytest.raises(torch.OutOfMemoryError):
        predict(_SmallGpu(1000), torch.zeros(1, 1, 100, 100, 100), budget)


def test_an_error_that_is_not_about_memory_is_passed_on() -> None:
    def broken(x: Tensor) -> Tensor:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        predict(broken, torch.zeros(1, 1, 4, 4, 4))


def test_what_a_failed_pass_held_is_gone_before_the_next() -> None:
    held: list[weakref.ref[Tensor]] = []

    def hungry(x: Tensor) -> Tensor:
        assert not any(tensor() is not None for tensor in held)
        activations = x * 2
        held.append(weakref.ref(activations))
        if len(held) < 3:
            raise torch.OutOfMemoryError
        return x

    predict(hungry, torch.zeros(1, 1, 8, 8, 8), Budget(8_000_000))
    assert len(held) == 3


def test_windows_share_a_pass_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VOXELS_WORTH_BATCHING, "cpu", 10**9)
    network, volume, window = _SmallGpu(10**9), torch.rand(1, 1, 300, 20, 20), 96 * 20 * 20
    alone = predict(network, volume, Budget(window))
    assert network.asked == [window] * 6
    network.asked.clear()
    torch.testing.assert_close(predict(network, volume, Budget(2 * window)), alone)
    assert network.asked == [2 * window] * 3
