"""A whole `quick` cell by stage, from an empty cache."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks.timing import Row, Spent

CELLS = (("no-proxy", "reid-msssim"), ("mixup-learned-tta", "reid-msssim"))

_OPTIONS = ("--preset", "quick", "--json", "--quiet", "--device", "cpu")


def measure() -> Iterator[Row]:
    """What the demo runs; the stages are those of the record."""
    for defense, attack in CELLS:
        with tempfile.TemporaryDirectory() as folder:
            ended = subprocess.run(
                [sys.executable, "-m", "bench", "run", defense, attack, *_OPTIONS, "--out", folder],
                env=os.environ | {"UNVEIL_CACHE": folder},
                check=True,
                stdout=subprocess.PIPE,
            )
        cost = json.loads(ended.stdout)["cost"]
        rest = cost["total_seconds"] - cost["training_seconds"] - cost["attack_seconds"]
        yield Row(
            f"quick cell {defense}, {attack}",
            [Spent(cost["total_seconds"], 0.0)],
            note=f"training {cost['training_seconds']:.0f} s, attack {cost['attack_seconds']:.1f} s, data, traffic, "
            f"controls and pictures {rest:.0f} s",
        )
