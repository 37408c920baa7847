"""What differs between two leaderboards, for whoever reviews a submission."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.leaderboard.build import NUMBERS_NAME, judge
from bench.leaderboard.gathering import gathered
from bench.leaderboard.numbers import from_to
from bench.leaderboard.plain.json_file import FORMAT_VERSION, leaderboard_json

Row = Mapping[str, Any]


def numbers_of(place: Path, trusted: Sequence[Path] = ()) -> dict[str, Any]:
    """The numbers of a leaderboard: a `leaderboard.json`, a folder with one, or a folder with records.

    Args:
        place: where it is.
        trusted: of a folder with records, folders whose verdicts count.

    Raises:
        BenchError: there is no leaderboard and no record, or the file is none.
    """
    file = place / NUMBERS_NAME if (place / NUMBERS_NAME).is_file() else place
    if file.is_dir():
        text = leaderboard_json(judge(gathered([file]), trusted))
    else:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BenchError(
                f"cannot read {file}; give a {NUMBERS_NAME}, or a folder with one or with records"
            ) from error
    try:
        numbers = json.loads(text)
        version, groups = numbers["format_version"], numbers["groups"]
        if version == FORMAT_VERSION:
            _ = [(_name(group), _cells(group), _ranks(group), _judges(group)) for group in groups]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BenchError(f"{file} is no {NUMBERS_NAME}; make one with `bench leaderboard build`") from error
    if version != FORMAT_VERSION:
        raise BenchError(f"{file} has format {str(version)[:20]}, this version reads {FORMAT_VERSION}; build it again")
    found: dict[str, Any] = numbers
    return found


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """A line for every cell that came, went or changed, every rank that moved, and whom other attacks judge now.

    Args:
        old, new: as `numbers_of` gives them.
    """
    before, after = ({_name(group): group for group in one["groups"]} for one in (old, new))
    for name in sorted(before.keys() | after.keys()):
        nobody: dict[str, Any] = {"boards": [], "worst_case_per_defense": []}
        was, now = before.get(name, nobody), after.get(name, nobody)
        lines = [line for told in (_cells, _ranks, _judges) for line in _moves(told(was), told(now))]
        if lines:
            yield f"{name}:"
            yield from (f"  {line}" for line in lines)


def _moves(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+ {name}: {after[name]}"
        elif name not in after:
            yield f"- {name}: {before[name]}"
        elif before[name] != after[name]:
            yield f"~ {name}: {before[name]} -> {after[name]}"


def _name(group: Row) -> str:
    return (
        f"{group['data']}, {group['preset']}, {group['origin']}, protocol {group['protocol_version']}, "
        f"data {group['data_hash'][:8]}, split {group['split_hash'][:8]}"
    )


def _cells(group: Row) -> dict[str, str]:
    found: dict[str, str] = {}
    for board in group["boards"]:
        for row in board["rows"]:
            told = [row["status"], f"Dice {_number(row['dice_average'])}", f"{row['megabytes_sent']:.3g} MB sent"]
            score = row["scores"].get(board["headline"])
            if score is not None:
                told.append(f"{board['headline']} {_number(score)}")
            name = f"{row['defense']} x {row['attack']}, seed {row['seed']}"
            # Two runs of one cell can differ in what stands in no name, such as the evaluation's settings.
            found[name if name not in found else f"{name}, cell {row['cell'][:8]}"] = ", ".join(told)
    return found


def _ranks(group: Row) -> dict[str, str]:
    return {
        f"rank of {row['defense']}, seed {row['seed']}": (
            "none" if row["best_rank"] is None else from_to(row["best_rank"], row["worst_rank"])
        )
        for row in group["worst_case_per_defense"]
    }


def _judges(group: Row) -> dict[str, str]:
    return {
        f"attacks on {row['defense']}, seed {row['seed']}": (f"worst {_worst(row)}, of {_listed(row['attacks'])}")
        for row in group["worst_case_per_defense"]
    }


def _worst(row: Row) -> str:
    return str(row["worst_attack"] or ("none" if row["best_attack_alone"] is None else "all together"))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _number(interval: Row) -> str:
    return "-" if interval["value"] is None else f"{interval['value']:.3f}"
