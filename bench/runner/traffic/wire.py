"""The wire between hospital and cloud: IEEE half precision, counted in bytes.

Both sides, and whoever listens, get the values after this rounding; nothing is ever measured on what was not sent.
"""

import numpy as np
import torch
from torch import Tensor


def encode(values: Tensor) -> np.ndarray:
    """The bytes that are sent.

    Raises:
        ValueError: a value is NaN, infinite, or too large for half precision.
    """
    sent: np.ndarray = values.detach().to("cpu", torch.float16).numpy()
    if not np.isfinite(sent).all():
        raise ValueError(f"cannot send NaN or infinite values ({int((~np.isfinite(sent)).sum())} of {sent.size})")
    return sent


def decode(sent: np.ndarray, device: torch.device) -> Tensor:
    """What the other side reads, as float32."""
    return torch.from_numpy(np.array(sent)).to(device, torch.float32)
