"""Convolutions of one small volume on a CPU.

For a single float32 item PyTorch asks oneDNN only if channels x depth x height exceed 20,480 (`use_mkldnn` in ATen's
Convolution.cpp), else its plain kernel, which needs several times as long at the sizes of the `quick` preset. Several
items go to oneDNN anyway, so training is not concerned.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

AVAILABLE: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
"""Whether this PyTorch was built with oneDNN."""


class SmallVolumesByOneDNN(TorchFunctionMode):
    """Within it, 3D convolutions of one item that need no gradient are oneDNN's; equal up to rounding."""

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """`func` on the same arguments."""
        kwargs = kwargs or {}
        if func is torch.conv3d and _concerned(*args, **kwargs):
            return _convolved(*args, **kwargs)
        return func(*args, **kwargs)


def _concerned(input: Tensor, weight: Tensor, bias: Tensor | None = None, *rest: Any, **named: Any) -> bool:
    if not (AVAILABLE and torch.backends.mkldnn.enabled):
        return False
    if torch.is_grad_enabled() and (input.requires_grad or weight.requires_grad):
        return False
    if torch.is_autocast_enabled("cpu") or any(isinstance(value, str) for value in (*rest, *named.values())):
        return False  # half precision takes another way; padding by name too
    alone = input.ndim == 5 and len(input) == 1 and max(weight.shape[2:]) > 1
    return alone and all(t.device.type == "cpu" and t.dtype == torch.float32 for t in (input, weight))


def _convolved(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: int | Sequence[int] = 1,
    padding: int | Sequence[int] = 0,
    dilation: int | Sequence[int] = 1,
    groups: int = 1,
) -> Tensor:
    pads, steps, gaps = (
        (value,) * 3 if isinstance(value, int) else tuple(value) for value in (padding, stride, dilation)
    )
    result: Tensor = torch.mkldnn_convolution(input, weight, bias, pads, steps, gaps, groups)
    return result
