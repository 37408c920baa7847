"""One of the user's networks as a module that can be copied and sent, and says clearly what is wrong with it."""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from bench.defenses.external.exported import load_exported
from bench.defenses.external.torchscript import load_script
from bench.errors import BenchError

LARGEST = 65504.0
"""What half precision, in which everything travels, can hold."""


class Program(nn.Module):
    """A loaded archive.

    Args:
        data: the archive.
        suffix: `.pt` or `.pt2`.
        what: role, file and method, for messages.
        multiple: sides of the volume are padded with zeros up to a multiple of this; what comes out is cropped.
        device: where it runs.
    """

    def __init__(self, data: bytes, suffix: str, what: str, multiple: int, device: torch.device) -> None:
        super().__init__()
        self.data, self.suffix, self.what, self.multiple, self.device = data, suffix, what, multiple, device
        load = load_exported if suffix == ".pt2" else load_script
        self.network = load(data, what, device)
        self.training = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Neither format can be pickled or copied as it is; the archive can."""
        return Program, (self.data, self.suffix, self.what, self.multiple, self.device)

    def train(self, mode: bool = True) -> "Program":
        """Nothing is trained here; `torch.export` refuses the very question."""
        return self

    def forward(
        self,
        volume: Float[Tensor, "1 channel depth height width"],
        *rest: Tensor,
        channels: int | None = None,
    ) -> Float[Tensor, "1 out depth height width"]:
        """What the network makes of one volume.

        Args:
            rest: further arguments; those with a volume of the same grid are padded alike.
            channels: how many must come out; None for any number.

        Raises:
            BenchError: it stops, or gives another shape, NaN, or what does not fit half precision.
        """
        side = tuple(volume.shape[2:])
        given = [volume, *rest]
        try:
            given = [_padded(tensor, side, self.multiple) for tensor in given]
            found = self.network(*given)
        except torch.cuda.OutOfMemoryError:
            raise
        except (RuntimeError, AssertionError, TypeError, ValueError, torch.jit.Error) as error:
            raise BenchError(
                f"{self.what} stops on what it is given ({_shapes(given)}): {_last_words(error)}"
            ) from error
        shapes = _shapes(given)
        grid = tuple(given[0].shape[2:])
        out = "any" if channels is None else str(channels)
        if not isinstance(found, Tensor) or not _fits(found.shape, (1, channels, *grid)):
            came = _shape(found.shape) if isinstance(found, Tensor) else f"a {type(found).__name__}"
            raise BenchError(f"{self.what} gives {came} for {shapes}, expected one tensor 1x{out}x{_shape(grid)}")
        if not found.is_floating_point():
            raise BenchError(f"{self.what} gives {found.dtype} for {shapes}, expected floating-point numbers")
        found = found[:, :, : side[0], : side[1], : side[2]].float()
        if not bool(torch.isfinite(found).all()) or float(found.abs().amax()) > LARGEST:
            raise BenchError(f"{self.what} gives NaN, infinite or too large values (half precision: {LARGEST:g})")
        return found


def _padded(tensor: Tensor, side: tuple[int, ...], multiple: int) -> Tensor:
    if tuple(tensor.shape[-3:]) != side:
        return tensor
    depth, height, width = (-length % multiple for length in side)
    return F.pad(tensor, (0, width, 0, height, 0, depth))


def _fits(shape: Sequence[int], expected: Sequence[int | None]) -> bool:
    return len(shape) == len(expected) and all(
        want is None or got == want for got, want in zip(shape, expected, strict=True)
    )


def _shapes(tensors: Sequence[Tensor]) -> str:
    return ", ".join(_shape(tensor.shape) for tensor in tensors)


def _shape(sides: Sequence[int]) -> str:
    return "x".join(map(str, sides)) or "a number"


def _last_words(error: Exception) -> str:
    """The line that says what is wrong: TorchScript puts it last, below its own traceback."""
    lines = [" ".join(line.split()) for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "Error:" in line]
    return f"{type(error).__name__}: {(telling or lines or ['no reason given'])[-1 if telling else 0]}"[:300]
