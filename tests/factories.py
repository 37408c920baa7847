"""Valid records for tests, made without running anything."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32

from bench.leaderboard.submissions.recount.headline import mean_average_precision
from bench.metrics.verification import verify
from bench.records.claims import CLAIM_NAME, StoredLinkage, write_linkage
from bench.records.entries import AttackEntry, DataEntry, DefenseEntry, ThreatCard
from bench.records.parts import Interval, Part
from bench.records.privacy import (
    Confound,
    Control,
    LeakCheck,
    LeakCurve,
    LeakPoint,
    OperatingPoint,
    Privacy,
    Residual,
    Score,
    Validity,
    Verification,
)
from bench.records.schema import Cost, Environment, Record, Status
from bench.records.utility import CurvePoint, Dial, DialPoint, Stability, Utility
from bench.types.claim import Linkage


def interval(value: float | None, spread: float = 0.02, n: int = 12) -> Interval:
    """An estimate with an interval of twice `spread` around it (a share keeps to [0, 1]), or without a number."""
    if value is None:
        return Interval(value=None, low=None, high=None, n=0)
    share = 0 <= value <= 1
    low, high = (max(value - spread, 0), min(value + spread, 1)) if share else (value - spread, value + spread)
    return Interval(value=value, low=low, high=high, n=n)


def make_record(**changes: Any) -> Record:
    """A valid record of `mixup` against `nearest-neighbor`, with some fields changed.

    A mapping given for a part of the record (`defense`, `data`, `attack["threat"]`, `utility["dice_average"]`, ...)
    changes only the fields it names; everything else replaces the default, as in
    `make_record(seed=1, defense={"name": "identity", "settings": {}})`. A status that is not ok takes the scores away.
    """
    if changes.get("status", "ok") != "ok":
        changes["privacy"] = None
    return Record.model_validate(_changed(_default(), changes))


def _changed(part: Part, changes: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: getattr(part, name) for name in type(part).model_fields}
    unknown = changes.keys() - fields.keys()
    if unknown:
        raise ValueError(f"{type(part).__name__} has no field {sorted(unknown)}; it has {sorted(fields)}")
    for name, value in changes.items():
        before = fields[name]
        partial = isinstance(before, Part) and isinstance(value, Mapping)
        fields[name] = _changed(before, value) if partial else value
    return {name: _plain(value) for name, value in fields.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Part):
        return value.model_dump()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _default() -> Record:
    return Record(
        unveil_version="0.1.0",
        cell="3f9a0c1d5b7e2468",
        created="2026-01-02T03:04:05Z",
        command="bench run mixup nearest-neighbor --data ixi --preset quick --seed 0",
        status=Status.OK,
        reason=None,
        preset="quick",
        seed=0,
        settings={"keys": 2},
        defense=DefenseEntry(
            name="mixup",
            summary="Mixes every scan with reference scans and unmixes the answer.",
            source="Kim et al. 2023",
            settings={"queries": 10},
            parameters_client=120_000,
            parameters_server=2_400_000,
            iterations=400,
            training_hash="aa11bb22",
            loss={"total": [1.2, 0.7]},
            loss_steps=[200, 400],
        ),
        attack=AttackEntry(
            name="nearest-neighbor",
            summary="Links each release to the most similar other release.",
            source="Kim et al. 2023, Sec. 3.3",
            settings={"metric": "ms-ssim"},
            threat=ThreatCard(
                goal="linkage", tier=0, phase="inference", observes=["releases"], knows=[], owns=[], queries=None
            ),
            isolation="guarded in the suite's process",
            timeout_seconds=None,
        ),
        data=DataEntry(
            name="ixi",
            settings={"spacing": 2.0},
            data_hash="d0d0d0d0d0d0d0d0",
            split_hash="5p1175p1175p1175",
            classes=["background", "GM", "WM", "CSF"],
            spacing_mm=2.0,
            shape=[72, 96, 80],
            synthetic=False,
            revisits="simulated",
            subjects={"train": 60, "references": 20, "auxiliary": 20, "test": 12},
            scans={"train": 60, "references": 20, "auxiliary": 40, "test": 24},
            notes=["Second visits were made from first ones."],
        ),
        utility=Utility(
            dice={"GM": interval(0.81), "WM": interval(0.84), "CSF": interval(0.75)},
            dice_average=interval(0.80),
            dice_by_key=[0.80],
            dice_per_subject={"s1": {"GM": 0.81, "WM": 0.84, "CSF": 0.75}},
            hd95_mm={"GM": interval(3.0), "WM": interval(4.2), "CSF": interval(6.0)},
            dice_by_queries=[
                CurvePoint(queries=1, dice=interval(0.74)),
                CurvePoint(queries=3, dice=interval(0.78)),
                CurvePoint(queries=10, dice=interval(0.80)),
            ],
            dice_by_dial=Dial(
                name="alpha",
                points=[DialPoint(value=0.1, dice=interval(0.4)), DialPoint(value=0.9, dice=interval(0.82))],
            ),
            stability={
                "GM": Stability(icc=0.85, low=0.8, high=0.88, kind="ICC(1,1)", n=24),
                "WM": Stability(icc=0.82, low=0.76, high=0.86, kind="ICC(1,1)", n=24),
            },
        ),
        validity=Validity(
            leaks={
                "identity": LeakCheck(passed=True, score=Score(value=interval(1.0), chance=0.1), reason=None),
                "one-reference": LeakCheck(passed=True, score=Score(value=interval(0.9), chance=0.1), reason=None),
            }
        ),
        privacy=Privacy(
            scores={
                "macro_f1": Score(value=interval(0.30, 0.08), chance=0.04),
                "rank1": Score(value=interval(0.35, 0.09), chance=0.043),
                "map": Score(value=interval(0.41, 0.08), chance=0.16),
            },
            controls={
                name: Control(meaning=f"{name} in words", scores={"macro_f1": interval(value), "map": interval(value)})
                for name, value in (("do-nothing", 0.30), ("atlas", 0.05), ("oracle-key", 0.99))
            },
            headline="macro_f1",
            headline_by_key=[0.5],
            verification=Verification(
                auc=interval(0.81),
                operating_points=[
                    OperatingPoint(fpr=0.1, tpr=interval(0.55)),
                    OperatingPoint(fpr=0.01, tpr=interval(0.20)),
                    OperatingPoint(fpr=0.001, tpr=None),
                ],
                smallest_fpr=0.004,
                roc=[
                    OperatingPoint(fpr=fpr, tpr=interval(fpr**0.4, min(0.02, 1 - fpr**0.4)))
                    for fpr in (1.0, 0.1, 0.01, 0.004)
                ],
                genuine=24,
                impostors=528,
                fpr_per_subject={"s1": 0.01},
                tpr_per_subject={"s1": 0.5},
            ),
            residual=Residual(
                excess=interval(0.3), control=0.15, mean=0.41, p95=0.9, maximum=1.0, per_subject={"s1": 0.41}
            ),
            confound=Confound(reference_preferred=interval(0.4)),
            by_queries=LeakCurve(
                along="queries",
                points=[LeakPoint(at=1, score=interval(0.2)), LeakPoint(at=10, score=interval(0.3))],
            ),
            by_dial=LeakCurve(
                along="alpha",
                points=[LeakPoint(at=0.1, score=interval(0.1)), LeakPoint(at=0.9, score=interval(0.9))],
            ),
            linkage=None,
            details={"gallery": "leave one out"},
        ),
        cost=Cost(
            client_seconds=0.042,
            server_seconds=0.31,
            bytes_sent=22_118_400,
            bytes_received=66_355_200,
            training_seconds=140.0,
            attack_seconds=3.2,
            total_seconds=171.0,
        ),
        environment=Environment(
            python="3.11.2",
            platform="Linux",
            processor="x86_64",
            device="cpu",
            threads=2,
            packages={"torch": "2.5.0"},
            git="0123abc",
        ),
        pictures=[],
        warnings=[],
    )


def seeing(people: Sequence[str], known: Collection[str], seed: int = 0) -> Float32[np.ndarray, "scan scan"]:
    """Scores of an attack that is sure about two scans of the people it knows and guesses about everybody else."""
    scores = np.random.default_rng(seed).random((len(people), len(people)), dtype=np.float32)
    scores = (scores + scores.T) / 2
    who = np.array(people)
    sure = (who[:, None] == who[None, :]) & np.isin(who, list(known))[:, None]
    return np.where(sure, np.float32(2), scores)


def judged_record(
    folder: Path, people: Sequence[str], scores: Float32[np.ndarray, "scan scan"], **changes: Any
) -> tuple[Path, Record]:
    """A record with its linkage in a file beside it, as (path of the record, record)."""
    stored = StoredLinkage(scores[None], tuple(people))
    write_linkage(stored, folder / CLAIM_NAME)
    changes["privacy"] = {"linkage": CLAIM_NAME, **changes.get("privacy", {})}
    if len(set(people)) < len(people):
        auc = verify(Linkage(torch.from_numpy(scores)), people, draws=1).auc.value
        stated = make_record().privacy.verification.model_copy(update={"auc": interval(auc)})
        changes["privacy"].setdefault("verification", stated)
        if "scores" not in changes["privacy"] and changes.get("status", "ok") == "ok":
            known = {"map": {"value": interval(mean_average_precision(stored), 0.08), "chance": 0.16}}
            changes["privacy"]["scores"] = {**make_record().privacy.scores, **known}
    return folder / "record.json", make_record(cell=folder.name, **changes)
