"""How soon the command line answers."""

import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from benchmarks.timing import Row, side_by_side

PAIRS = 5


def measure() -> Iterator[Row]:
    """Against importing torch, which a command line would do at its top if nobody took care."""
    for words in (("--help",), ("list",)):
        ours, theirs = side_by_side(
            lambda words=words: _run("-m", "bench", *words),  # type: ignore[misc]
            lambda: _run("-c", "import torch"),
            PAIRS,
        )
        yield Row(
            f"bench {' '.join(words)}",
            ours,
            "import torch",
            theirs,
            f"at best {min(spent.clock for spent in ours):.2f} s; {median(spent.processor for spent in ours):.2f} s "
            "of one core",
        )


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
