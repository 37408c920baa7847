"""Records in, one offline page out."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.atomic import write_text
from bench.errors import BenchError
from bench.leaderboard.grouping import Group, groups_of
from bench.leaderboard.page.html import page
from bench.leaderboard.plain.csv_file import csv_text
from bench.leaderboard.plain.json_file import leaderboard_json
from bench.leaderboard.plain.latex import latex
from bench.leaderboard.plain.markdown import markdown
from bench.leaderboard.plain.tables import PlainTable, plain_tables
from bench.leaderboard.sense import contradictions_of, forged_of, refuse, senseless_of
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
        BenchError: there is no record, some hold what no measurement gives or contradict others about the same scans (a
            line for each), or linkage files of one group are about different people.
    """
    if not records:
        raise BenchError("no records given; a leaderboard needs at least one: run `bench run` first")
    wrong = senseless_of(records) or [*contradictions_of(records), *forged_of(records)]
    if wrong:
        refuse(wrong)
    return groups_of(records, trusted)


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
