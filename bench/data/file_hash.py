"""SHA-256 of one file."""

import hashlib
from pathlib import Path

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
