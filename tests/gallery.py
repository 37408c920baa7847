"""A small leaderboard's worth of made-up records: two groups, every state, several tiers and seeds."""

import hashlib
from pathlib import Path
from typing import Any

from bench.records.schema import Record
from tests.factories import interval, make_record

PHANTOM = {"name": "phantom", "synthetic": True, "data_hash": "f4a7f4a7f4a7f4a7", "notes": ["All anatomy is made up."]}


def gallery() -> list[tuple[Path, Record]]:
    """Eleven records: eight on real scans with simulated visits, three on the phantom."""
    cells = [
        _cell("mixup", "nearest-neighbor", 0, dice=0.801, leak=0.31, seed=0),
        _cell("mixup", "nearest-neighbor", 0, dice=0.796, leak=0.28, seed=1),
        _cell("mixup", "siamese", 2, dice=0.801, leak=0.52, seed=0),
        _cell("mixup", "true-key-oracle", 4, dice=0.801, leak=0.97, seed=0),
        _cell("identity", "nearest-neighbor", 0, dice=0.884, leak=1.0, seed=0),
        _cell("deformation", "nearest-neighbor", 0, dice=0.842, leak=0.14, seed=0),
        _lost("deformation", "siamese", 2, dice=0.842, status="failed", reason="loss became NaN at step 120"),
        _lost(
            "identity", "siamese", 2, dice=0.884, status="invalid", reason="does not break the planted leak alpha=0.95"
        ),
        _cell("mixup", "nearest-neighbor", 0, dice=0.79, leak=0.58, seed=0, data=PHANTOM),
        _cell("identity", "nearest-neighbor", 0, dice=0.91, leak=1.0, seed=0, data=PHANTOM),
        _lost("deformation", "siamese", 2, dice=None, status="timeout", reason="stopped after 600 s", data=PHANTOM),
    ]
    return [(Path(f"runs/{number:02d}/record.json"), record) for number, record in enumerate(cells)]


def _cell(
    defense: str, attack: str, tier: int, *, dice: float, leak: float, seed: int, data: dict[str, Any] | None = None
) -> Record:
    scores = {
        "macro_f1": {"value": interval(leak, min(0.09, 1 - leak)), "chance": 0.04},
        "rank1": {"value": interval(min(1.0, leak + 0.04), 0.03), "chance": 0.043},
    }
    return make_record(
        **_shared(defense, attack, tier, dice, data), seed=seed, privacy={"scores": scores}, pictures=["example.png"]
    )


def _lost(
    defense: str,
    attack: str,
    tier: int,
    *,
    dice: float | None,
    status: str,
    reason: str,
    data: dict[str, Any] | None = None,
) -> Record:
    return make_record(**_shared(defense, attack, tier, dice, data), status=status, reason=reason, privacy=None)


def _shared(defense: str, attack: str, tier: int, dice: float | None, data: dict[str, Any] | None) -> dict[str, Any]:
    ident = f"{defense} {attack} {tier} {dice} {data is None}"
    by_class = {name: interval(None if dice is None else dice + step) for name, step in _STEPS.items()}
    return {
        "cell": hashlib.sha256(ident.encode()).hexdigest()[:16],
        "defense": {"name": defense, "settings": {"queries": 10 if defense == "mixup" else 1}},
        "attack": {"name": attack, "threat": {"tier": tier, "owns": ["auxiliary"] if tier else []}},
        "data": data or {},
        "utility": {"dice": by_class, "dice_average": interval(dice)},
        "warnings": ["Only 12 people: intervals are wide."],
    }


_STEPS = {"GM": 0.01, "WM": 0.04, "CSF": -0.05}
