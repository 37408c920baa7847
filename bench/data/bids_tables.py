"""The tables beside the scans: who is related to whom, what the labels mean, what the data set is called."""

import json
from collections.abc import Sequence
from pathlib import Path

from bench.data.table import MISSING, read_table
from bench.data.traits import traits_in
from bench.errors import BenchError
from bench.types.traits import Traits

PARTICIPANTS, CLASSES, DESCRIPTION = "participants.tsv", "dseg.tsv", "dataset_description.json"


def read_families(root: Path, subjects: Sequence[str]) -> dict[str, str]:
    """The family of every subject; without the table or its column `family_id`, everybody is a family of one.

    Raises:
        BenchError: the table is bad, or it has `family_id` but lacks or contradicts itself about a subject.
    """
    path = root / PARTICIPANTS
    if not path.exists():
        return {subject: subject for subject in subjects}
    table = read_table(path, ["participant_id"])
    families: dict[str, str] = {}
    for row in table:
        subject = row["participant_id"]
        family = row.get("family_id", subject)
        family = subject if family in MISSING else family
        if families.setdefault(subject, family) != family:
            raise BenchError(f"{path} gives {subject} two families, {families[subject]} and {family}; keep one row")
    if "family_id" not in table.heading:
        return {subject: subject for subject in subjects}
    for subject in subjects:
        # Guessing "no relatives" here could put twins into two roles.
        if subject not in families:
            raise BenchError(f"{path} has no row for {subject}; add one with its family_id")
    return {subject: families[subject] for subject in subjects}


def read_traits(root: Path) -> tuple[dict[str, Traits], tuple[str, ...]]:
    """Age and sex of the people in `participants.tsv` who have any, and a sentence about lines that cannot be read.

    Of somebody with several lines, as one for every session, the first counts. What cannot be read stays unknown: such
    a column was never asked for, and most attacks have no use for it.

    Raises:
        BenchError: the table is bad.
    """
    path = root / PARTICIPANTS
    if not path.exists():
        return {}, ()
    found: dict[str, Traits] = {}
    unread: list[str] = []
    for row in read_table(path, ["participant_id"]):
        try:
            found.setdefault(row["participant_id"], traits_in(row))
        except ValueError as error:
            unread.append(f"{row['participant_id']} has {error}")
    if not unread:
        return found, ()
    return found, (f"{PARTICIPANTS}: traits of {len(unread)} people are taken as unknown; {unread[0]}.",)


def read_classes(root: Path) -> dict[int, str] | None:
    """Name of every label value, background first, or None where there is no table.

    The short names of the column `abbreviation` where it is filled in, else those of the column `name`.

    Raises:
        BenchError: the table is bad.
    """
    path = root / CLASSES
    if not path.exists():
        return None
    names: dict[int, str] = {0: "background"}
    seen: set[int] = set()
    rows = read_table(path, ["index", "name"]).rows
    column = "abbreviation" if rows and all(row.get("abbreviation", "n/a") not in MISSING for row in rows) else "name"
    for row in rows:
        if not row["index"].isdecimal():
            raise BenchError(f"{path} has index {row['index']!r}; an index is a whole number >= 0")
        index = int(row["index"])
        if index in seen:
            raise BenchError(f"{path} lists index {index} twice; keep one row")
        seen.add(index)
        names[index] = "background" if index == 0 else row[column]
    if not 2 <= len(names) <= 256 or len(set(names.values())) < len(names):
        raise BenchError(f"{path} must name 1 to 255 classes beside background, each once")
    return {index: names[index] for index in sorted(names)}


def read_description(root: Path) -> tuple[str, ...]:
    """Name and licence of the data set as a sentence for the record, then the sentences that it brings itself.

    Raises:
        BenchError: the file is no JSON object.
    """
    path = root / DESCRIPTION
    if not path.exists():
        return ()
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise BenchError(f"{path} is no JSON ({error}); mend or remove it") from error
    if not isinstance(content, dict):
        raise BenchError(f"{path} must hold a JSON object; mend or remove it")
    notes = content.get("Notes", [])
    named = f"Data: {content.get('Name', 'unnamed')}; licence: {content.get('License', 'not stated')}."
    return (named, *map(str, notes)) if isinstance(notes, list) else (named,)
