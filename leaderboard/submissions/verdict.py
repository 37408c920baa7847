"""Claimed becomes verified: the outcome of running a bundle's cell again, and how a leaderboard knows of it.

What is kept, shown and ranked is what was found by whoever keeps the leaderboard; the claim only has to agree with it.
So nothing that a bundle says can move a rank, and what is refused leaves no record behind.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from bench.atomic import write_bytes, write_text
from bench.errors import BenchError
from bench.leaderboard.submissions.bundle import hashed, most_bytes
from bench.leaderboard.submissions.compare import Verdict, compare, differences
from bench.leaderboard.submissions.validate import Examined
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME, VERIFICATION_NAME
from bench.records.schema import Record, Status

REFUSED = "refused"
"""Folder for verdicts about claims that did not come out again."""


def place_of(examined: Examined, out: Path) -> Path:
    """The folder below `out` for what a second run finds; named by the claim's hash and by nothing that it says.

    Raises:
        BenchError: the bundle holds no record, or was run again before.
    """
    if examined.record is None:
        raise BenchError("a bundle without a record claims nothing")
    place = out / hashed(examined.files[RECORD_NAME]).sha256[:16]
    if place.exists():
        raise BenchError(f"this record was run again before, see {place}; remove that folder to do it once more")
    return place


def judge(examined: Examined, found: Record, files: Mapping[str, bytes], *, from_cache: bool = False) -> Verdict:
    """Whether a second run says what the bundle says.

    Args:
        found: the record of the second run.
        files: what is kept of it, by name.
        from_cache: networks and traffic may have been there already.

    Raises:
        BenchError: the bundle holds no record.
    """
    claimed = examined.record
    if claimed is None:
        raise BenchError("a bundle without a record claims nothing")
    comparisons, differing = compare(claimed, found), differences(claimed, found)
    agree = bool(comparisons) and all(one.agrees for one in comparisons)
    return Verdict(
        cell=claimed.cell,
        claimed_sha256=hashed(examined.files[RECORD_NAME]).sha256,
        files={name: hashed(content) for name, content in files.items()},
        verified=agree and not differing and found.status is Status.OK,
        from_cache=from_cache,
        differences=differing,
        comparisons=comparisons,
        environment=found.environment,
    )


def files_beside(path: Path, record: Record) -> dict[str, bytes]:
    """What is kept of a second run: its record and linkage, and pictures where the anatomy is made up."""
    names = [path.name, CLAIM_NAME, *(record.pictures if record.data.synthetic else [])]
    kept = [path.parent / name for name in names if most_bytes(name) is not None]
    return {file.name: file.read_bytes() for file in kept if file.is_file()}


def keep(verdict: Verdict, files: Mapping[str, bytes], place: Path) -> Path:
    """Write what was found into its place, or of a claim that did not come out again the verdict alone.

    Returns:
        The folder, or the file in `REFUSED`.
    """
    text = verdict.model_dump_json(indent=2) + "\n"
    if not verdict.verified:
        refused = place.parent / REFUSED / f"{place.name}.json"
        write_text(refused, text)
        return refused
    for name, content in files.items():
        write_bytes(place / name, content)
    write_text(place / VERIFICATION_NAME, text)
    return place


def verdict_beside(record: Path, trusted: Sequence[Path]) -> Verdict | None:
    """The verdict about the run in this record's folder, if there is one and every file is as it was kept.

    Args:
        record: the record's file.
        trusted: folders that `bench leaderboard verify` filled, and nobody else; anywhere else a verdict is one more
            file that somebody handed in.
    """
    file, folder = record.parent / VERIFICATION_NAME, record.parent.resolve()
    if not any(folder.is_relative_to(place.resolve()) for place in trusted):
        return None
    if record.name != RECORD_NAME or not file.is_file() or file.resolve().parent != folder:
        return None
    try:
        verdict = Verdict.model_validate_json(file.read_bytes())
        kept = verdict.files
        same = all(
            most_bytes(name) is not None and hashed((record.parent / name).read_bytes()) == kept[name] for name in kept
        )
    except (OSError, ValidationError, ValueError):
        return None
    whole = RECORD_NAME in kept and (CLAIM_NAME in kept) == (record.parent / CLAIM_NAME).exists()
    return verdict if same and whole and verdict.verified else None
