"""The numbers of the page as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.leaderboard.cohorts import notes_of, title_of
from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import Board, Group
from bench.leaderboard.numbers import finite, megabytes, milliseconds
from bench.leaderboard.plain.json_parts import dice_along_json, evidence_json, interval_json, worst_json
from bench.leaderboard.ranking import worst_cases
from bench.leaderboard.tables.costs import costs_of
from bench.leaderboard.tables.seeds import over_seeds

FORMAT_VERSION = 3


def leaderboard_json(groups: Sequence[Group]) -> str:
    """All rows, group by group, as indented JSON with ASCII letters only."""
    content = {"format_version": FORMAT_VERSION, "groups": [_group(group) for group in groups]}
    return json.dumps(content, indent=2, allow_nan=False) + "\n"


def _group(group: Group) -> dict[str, Any]:
    return {
        **asdict(group.key),
        "evaluation": {name: json.loads(value) for name, value in group.key.evaluation},
        "origin": group.key.origin,
        "title": title_of(group),
        "notes": notes_of(group),
        "worst_case_per_defense": [worst_json(one) for one in group.worst],
        "over_seeds": [
            {
                "defense": row.defense,
                "attack": row.attack,
                "seeds": list(row.seeds),
                "dice_average": interval_json(row.dice),
                "headline": row.headline,
                "leakage": interval_json(row.leakage),
            }
            for row in over_seeds(group.entries)
        ],
        "cost_per_defense": [asdict(row) for row in costs_of(group.entries, group.defenses)],
        "boards": [_board(board) for board in group.boards],
    }


def _board(board: Board) -> dict[str, Any]:
    largest = {id(entry) for entry in worst_cases(board.entries).values()}
    rows = [{**_row(entry), "largest_headline_here": id(entry) in largest} for entry in board.entries]
    return {"goal": board.goal, "phase": board.phase, "headline": board.headline, "rows": rows}


def _row(entry: Entry) -> dict[str, Any]:
    record = entry.record
    return {
        "cell": record.cell,
        "created": record.created,
        "seed": record.seed,
        "standing": entry.standing,
        "unveil_version": record.unveil_version,
        "commit": record.environment.git,
        "status": record.status.value,
        "reason": record.reason,
        "defense": entry.defense,
        "attack": entry.attack,
        "tier": record.attack.threat.tier,
        "dice_average": interval_json(record.utility.dice_average),
        **dice_along_json(record.utility),
        "dice": {name: interval_json(found) for name, found in sorted(record.utility.dice.items())},
        "hd95_mm": {name: interval_json(found) for name, found in sorted(record.utility.hd95_mm.items())},
        "scores": {
            name: {
                **interval_json(score.value),
                "chance": finite(score.chance),
                "higher_is_worse": score.higher_is_worse,
            }
            for name, score in sorted(entry.scores.items())
        },
        **evidence_json(record),
        "icc_lowest": entry.lowest_icc,
        "client_ms": milliseconds(record.cost.client_seconds),
        "server_ms": milliseconds(record.cost.server_seconds),
        "megabytes_sent": megabytes(record.cost.bytes_sent),
        "megabytes_received": megabytes(record.cost.bytes_received),
        "training_seconds": finite(record.cost.training_seconds),
        "attack_seconds": finite(record.cost.attack_seconds),
        "queries_used": entry.queries_used,
    }
