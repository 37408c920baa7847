"""Random numbers from named axes.

Every random draw of a run is addressed by words such as `("key", scan, repetition)`, never by how many draws came
before it: adding an attack, a scan or a query therefore changes no other draw, and training resumes exactly.
"""

import hashlib

import numpy as np


def seed(*axes: str | int) -> int:
    """A 63-bit seed for these named axes, e.g. `seed(0, "defense", "mixup", "step", 17)`."""
    text = "\x1f".join(f"{type(axis).__name__}:{axis}" for axis in axes)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(*axes: str | int) -> np.random.Generator:
    """A NumPy generator for these named axes."""
    return np.random.default_rng(seed(*axes))
