"""The command of a record: `bench run` of its own cell, and nothing else that a shell would do."""

import re
import shlex
from collections.abc import Iterator

from bench.records.schema import Record

_AGAIN = re.compile(r"bench leaderboard verify, cell [0-9a-zA-Z+_-]{1,64}")
"""What a record says that `bench leaderboard verify` made, see `bench.runner.rerun`."""


def no_command(record: Record) -> Iterator[str]:
    """A line if a page would ask its readers to paste something else into a shell."""
    if _AGAIN.fullmatch(record.command):
        return
    try:
        words = shlex.split(record.command)
    except ValueError:
        words = []
    if words[:2] != ["bench", "run"] or shlex.join(words) != record.command:
        yield f"command {record.command[:60]!a} is no `bench run`, quoted as a run writes it"


def another_cell(record: Record) -> Iterator[str]:
    """A line if the command runs another defense than the record is of."""
    if not _AGAIN.fullmatch(record.command) and record.defense.name not in record.command.split():
        yield f"command {record.command[:60]!a} is of another defense than {record.defense.name[:40]!a}"
