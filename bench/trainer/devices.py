"""From `--device` to Lightning Fabric."""

import torch
from lightning_fabric import Fabric

from bench.errors import BenchError


def make_fabric(device: str, precision: str) -> Fabric:
    """A Fabric on one device.

    Args:
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        precision: Fabric's name, e.g. `32-true`, `bf16-mixed`.

    Raises:
        BenchError: there is no such device, or no such precision.
    """
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (index and (kind != "cuda" or not index.isdigit())):
        raise BenchError(f"no device {device!r}; allowed: auto, cpu, cuda, cuda:N")
    if kind == "cuda" and not torch.cuda.is_available():
        raise BenchError(
            f"device {device!r} was asked for, but torch {torch.__version__} sees no GPU; use --device cpu"
        )
    if kind == "auto":
        kind = "cuda" if torch.cuda.is_available() else "cpu"
    if index and int(index) >= torch.cuda.device_count():
        raise BenchError(f"no device {device!r}; there are {torch.cuda.device_count()} GPUs, counted from 0")
    devices: int | list[int] = [int(index)] if index else 1
    try:
        return Fabric(accelerator=kind, devices=devices, precision=precision)  # type: ignore[arg-type]
    except ValueError as error:
        raise BenchError(f"precision {precision!r} does not work here: {error}") from error
