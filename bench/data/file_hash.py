"""SHA-256 of one file, or of the voxels in it."""

import hashlib
from pathlib import Path

import numpy as np

from bench.errors import BenchError


def hash_of(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        BenchError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}") from error


def hash_of_values(values: np.ndarray) -> str:
    """Of a volume's shape and values, wherever they were stored; 16 digits."""
    return hashlib.sha256(str(values.shape).encode() + np.ascontiguousarray(values).tobytes()).hexdigest()[:16]
