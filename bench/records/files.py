"""Reading and writing records."""

import json
import math
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bench.atomic import write_text
from bench.errors import BenchError
from bench.records.parts import Part
from bench.records.schema import SCHEMA_VERSION, Record

PartT = TypeVar("PartT", bound=Part)

RECORD_NAME = "record.json"
LOST_NAME = "record-lost.json"
"""Beside an OK record: a later try of the same cell that came to nothing, and must not cost what is known."""
VERIFICATION_NAME = "verification.json"
"""Of what running a claimed cell again gave, beside what was found."""
BUNDLE_SUFFIX = ".unveil.zip"
DEEPEST = 50
LONGEST_NAME = 100
"""Letters of a name that a message shows."""
MOST_BYTES = 8 * 2**20
"""Of a record; those that runs write have a hundredth of it."""


def write_record(record: Record, path: Path) -> None:
    """Store a record by atomic rename."""
    write_text(path, record.model_dump_json(indent=2) + "\n")


def read_record(path: Path) -> Record:
    """The record in `path`.

    Raises:
        BenchError: the file is missing, is no JSON, has another schema version, or does not fit the schema.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):  # a pipe would never end
            raise BenchError(f"cannot read record {path}: it is no plain file")
        if found.st_size > MOST_BYTES:
            raise BenchError(f"cannot read record {path}: {found.st_size} bytes, {MOST_BYTES} at most")
        return record_of(path.read_bytes(), str(path))
    except OSError as error:
        raise BenchError(f"cannot read record {path}: {error.strerror}") from error


def record_of(content: bytes, path: str) -> Record:
    """The record in the bytes of a file.

    Args:
        path: how the file is called in messages.

    Raises:
        BenchError: as `read_record`.
    """
    try:
        raw = json.loads(content)
        _check_plain(raw)
    except (ValueError, RecursionError) as error:
        raise BenchError(f"{path} is no JSON record: {error}") from error
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if version != SCHEMA_VERSION:
        raise BenchError(
            f"{path} has record schema {version!r}; this version reads {SCHEMA_VERSION}; re-run or upgrade"
        )
    try:
        return Record.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BenchError(
            f"{path} does not fit the record schema at {where}: {first['msg']}; "
            "run the command that made it again, or leave it out"
        ) from error


def _check_plain(raw: Any, where: str = "", depth: int = 0) -> None:
    """Refuse what many programs take for JSON and no run writes: whoever reads on would trip over it.

    Raises:
        ValueError: deep nesting, a number that is none, an integer of more than 64 bits, or half of a surrogate pair.
    """
    if depth > DEEPEST:
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    if isinstance(raw, str) and any("\ud800" <= letter <= "\udfff" for letter in raw):
        raise ValueError("a text holds half of a character")
    if isinstance(raw, float) and not math.isfinite(raw):
        raise ValueError(f"{where or 'the whole'} is no number")
    if isinstance(raw, int) and not -(2**63) <= raw < 2**63:
        raise ValueError("an integer has more than 64 bits")
    if isinstance(raw, dict):
        for key, value in raw.items():
            _check_plain(key, where, depth)
            _check_plain(value, f"{where}.{key[:LONGEST_NAME]}".lstrip("."), depth + 1)
    elif isinstance(raw, list):
        for place, value in enumerate(raw):
            _check_plain(value, f"{where}[{place}]", depth + 1)


def find_records(paths: Iterable[Path]) -> list[Path]:
    """Record files under the given files and folders, sorted.

    Raises:
        BenchError: a path does not exist, or nothing was found.
    """
    given = list(paths)
    found: set[Path] = set()
    for path in given:
        if path.is_file():
            found.add(path)
        elif path.is_dir():
            found.update(file for file in path.rglob(RECORD_NAME) if not _hidden(file.relative_to(path)))
        else:
            raise BenchError(f"no such run: {path}; give record files or folders that hold them")
    if not found:
        raise BenchError(f"no {RECORD_NAME} under {', '.join(map(str, given))}; run `bench run` first")
    return sorted(found)


def _hidden(file: Path) -> bool:
    """In a folder that is no result: somebody runs there, or was killed."""
    return any(part.startswith(".") for part in file.parts)


def made_once(path: Path, kind: type[PartT], make: Callable[[], PartT]) -> PartT:
    """What lies in `path`, which is content-addressed by the caller, else what `make` finds, which then lies there."""
    if path.exists():
        return kind.model_validate_json(path.read_bytes())
    made = make()
    write_text(path, made.model_dump_json(indent=2))
    return made
