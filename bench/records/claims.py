"""The linkage behind a record, kept beside it so that several attacks can be judged together."""

import tokenize
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from bench.atomic import replacing
from bench.errors import BenchError

CLAIM_NAME = "linkage.npz"
_DAMAGED = (TypeError, OverflowError, MemoryError, RuntimeError, zlib.error, tokenize.TokenError, SyntaxError)
"""What numpy raises about arrays that are not what they say, beside its own errors."""


@dataclass(frozen=True, eq=False)
class StoredLinkage:
    """What an attack claimed, with the truth in hashed form.

    Attributes:
        scores: larger = more likely the same person; the diagonal means nothing. One table for every repetition.
        people: the hashed person behind every row and column, as in the record.
        probes: the rows that mean something; None for all.
    """

    scores: Float32[np.ndarray, "repetition probe candidate"]
    people: tuple[str, ...]
    probes: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        scans = len(self.people)
        if self.scores.ndim != 3 or len(self.scores) == 0 or self.scores.shape[1:] != (scans, scans):
            raise ValueError(f"scores of {scans} scans must be square tables, got the shape {self.scores.shape}")
        if self.probes is not None and not (self.probes and all(0 <= probe < scans for probe in self.probes)):
            raise ValueError(f"probes must name rows of {scans} scans, got {self.probes}")


def write_linkage(linkage: StoredLinkage, path: Path) -> None:
    """Store a linkage by atomic rename."""
    probes = np.arange(len(linkage.people)) if linkage.probes is None else np.array(linkage.probes)
    with replacing(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream, allow_pickle=False, scores=linkage.scores, people=np.array(linkage.people), probes=probes
        )


def read_linkage(path: Path) -> StoredLinkage:
    """The linkage in `path`.

    Raises:
        BenchError: it is missing, damaged, or no linkage.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            people = tuple(map(str, stored["people"]))
            probes = tuple(sorted({int(probe) for probe in stored["probes"]}))
            everyone = probes == tuple(range(len(people)))
            return StoredLinkage(stored["scores"].astype(np.float32), people, None if everyone else probes)
    except FileNotFoundError as error:
        raise BenchError(f"{path} is missing; run the command of the record beside it again") from error
    except (*_DAMAGED, OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise BenchError(
            f"{path} is no linkage ({type(error).__name__}); run the command of the record beside it again"
        ) from error
