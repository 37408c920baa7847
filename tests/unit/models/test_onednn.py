"""Convolutions of one small volume: the same numbers by another kernel."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.profiler import ProfilerActivity, profile

from bench.models.onednn import SmallVolumesByOneDNN
from bench.models.unetpp import UNetPlusPlus

needs_onednn = pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="this PyTorch has no oneDNN")

SLOW, FAST = "aten::slow_conv3d_forward", "aten::mkldnn_convolution"


def _kernels(network: nn.Module, x: torch.Tensor, **mode: Any) -> set[str]:
    with profile(activities=[ProfilerActivity.CPU]) as seen, SmallVolumesByOneDNN():
        network(x)
    return {event.key for event in seen.key_averages()} & {SLOW, FAST}


@needs_onednn
@settings(deadline=None, max_examples=40)
@given(
    sides=st.tuples(*[st.integers(5, 12)] * 3),
    channels=st.tuples(*[st.integers(1, 5)] * 2),
    kernel=st.sampled_from([1, 2, 3, 5]),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    batch=st.integers(1, 3),
    bias=st.booleans(),
    strided=st.booleans(),
)
def test_equal_to_what_pytorch_picks(
    sides: tuple[int, ...],
    channels: tuple[int, int],
    kernel: int,
    stride: int,
    padding: int,
    dilation: int,
    batch: int,
    bias: bool,
    strided: bool,
) -> None:
    padding += dilation * (kernel - 1) // 2 if kernel == 5 else 0
    conv = nn.Conv3d(*channels, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias)
    x = torch.rand(batch, channels[0], *sides)
    if strided:
        x = x.transpose(2, 4)
    with torch.inference_mode():
        expected = conv(x)
        with SmallVolumesByOneDNN():
            found = conv(x)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@needs_onednn
def test_the_slow_kernel_is_not_asked() -> None:
    network = UNetPlusPlus(1, 3, (4, 8)).eval()
    x = torch.rand(1, 1, 16, 16, 16)
    with torch.inference_mode():
        with profile(activities=[ProfilerActivity.CPU]) as plain:
            expected = network(x)
        assert SLOW in {event.key for event in plain.key_averages()}, "PyTorch picks better now: onednn.py can go"
        pointwise_only = nn.Conv3d(1, 1, 1)
        assert _kernels(nn.Conv3d(1, 4, 3), x) == {FAST}
        assert FAST not in _kernels(pointwise_only, x)
        with SmallVolumesByOneDNN():
            torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)


@needs_onednn
def test_gradients_padding_by_name_and_other_precisions_are_left_alone() -> None:
    x = torch.rand(1, 1, 8, 8, 8)
    same = nn.Conv3d(1, 1, 3, padding="same")
    double = nn.Conv3d(1, 1, 3).double()
    with torch.inference_mode():
        expected, in_double = same(x), double(x.double())
        with SmallVolumesByOneDNN():
            torch.testing.assert_close(same(x), expected)
            torch.testing.assert_close(double(x.double()), in_double, rtol=0, atol=0)
            assert double(x.double()).dtype == torch.float64
    conv = nn.Conv3d(1, 1, 3)
    with SmallVolumesByOneDNN():
        conv(x).sum().backward()
    assert conv.weight.grad is not None
