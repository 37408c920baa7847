"""Records in, one offline page out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.atomic import write_text
from bench.errors import BenchError
from bench.leaderboard.export import leaderboard_json
from bench.leaderboard.grouping import Group, groups_of
from bench.leaderboard.origins import one_origin
from bench.leaderboard.page import page
from bench.leaderboard.plain.csv_file import csv_text
from bench.leaderboard.plain.latex import latex
from bench.leaderboard.plain.markdown import markdown
from bench.leaderboard.plain.tables import PlainTable, plain_tables
from bench.leaderboard.submissions.problems import senseless
from bench.leaderboard.submissions.ranges import not_finite
from bench.records.schema import Record

PAGE_NAME = "index.html"
NUMBERS_NAME = "leaderboard.json"
PLAIN: Mapping[str, Callable[[Sequence[PlainTable]], str]] = {
    "leaderboard.md": markdown,
    "leaderboard.csv": csv_text,
    "leaderboard.tex": latex,
}
"""The tables of the page for other programs."""


def build(records: Sequence[tuple[Path, Record]], out: Path, trusted: Sequence[Path] = ()) -> Path:
    """Write the page and its tables into the folder `out`; the same records give the same bytes.

    Args:
        records: every record with the file it was read from; pictures and linkages are looked for beside that file.
        out: folder, made if it is missing.
        trusted: folders whose verdicts count, see `bench.leaderboard.submissions.verdict`.

    Returns:
        The page: one file that needs no network.

    Raises:
        BenchError: there is no record, `out` is a file, or linkage files of one group are about different people.
    """
    return write(judge(records, trusted), out)


def judge(records: Sequence[tuple[Path, Record]], trusted: Sequence[Path] = ()) -> list[Group]:
    """The records in comparable groups, with the worst case of every defense.

    Raises:
        BenchError: there is no record, one holds what no measurement gives, two call the same scans real and made up,
            or linkage files of one group are about different people.
    """
    if not records:
        raise BenchError("no records given; a leaderboard needs at least one: run `bench run` first")
    for path, record in records:
        wrong = next(senseless(record), None) or next(_no_numbers(record), None)
        if wrong is not None:
            raise BenchError(f"{path} is no record of a measurement: {wrong}; leave it out")
    one_origin(records)
    return groups_of(records, trusted)


def _no_numbers(record: Record) -> Iterator[str]:
    """Settings may hold anything; what is no number has no place in any table."""
    for what in (record.settings, record.data.settings, record.defense.settings, record.attack.settings):
        yield from (f"setting {place} is no number" for place in not_finite(what))


def write(groups: Sequence[Group], out: Path) -> Path:
    """Write the files and return the page.

    Raises:
        BenchError: `out` is a file.
    """
    if out.exists() and not out.is_dir():
        raise BenchError(f"{out} is a file; give a folder for the leaderboard")
    numbers, tables = leaderboard_json(groups), plain_tables(groups)
    write_text(out / NUMBERS_NAME, numbers)
    for name, writer in PLAIN.items():
        write_text(out / name, writer(tables))
    write_text(out / PAGE_NAME, page(groups, numbers))
    return out / PAGE_NAME
