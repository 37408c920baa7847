"""How well the client's recovered segmentation agrees with the reference labels."""

import hashlib
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.metrics.agreement import agreement
from bench.metrics.dice import dice_of_probabilities
from bench.metrics.intervals import bootstrap_subjects
from bench.progress import Display
from bench.records.schema import CurvePoint, Interval, Stability, Utility
from bench.runner.parties import Client, Server
from bench.runner.traffic import KeyFor
from bench.types.scan import Cohort, Scan


@dataclass(frozen=True, eq=False)
class Measured:
    """Utility with what it cost.

    Attributes:
        client_seconds, server_seconds: medians per scan.
        bytes_sent, bytes_received: per scan.
    """

    utility: Utility
    client_seconds: float
    server_seconds: float
    bytes_sent: int
    bytes_received: int


def measure_utility(
    client: Client,
    server: Server,
    scans: Cohort,
    key_for: KeyFor,
    query_grid: Sequence[int],
    axes: tuple[str | int, ...],
    salt: str,
    display: Display,
) -> Measured:
    """Send every scan under two keys and score what comes back.

    Args:
        scans: one scan per person.
        query_grid: numbers of queries at which Dice is reported; those the defense does not send are left out.
        axes: seed axes of the bootstrap.
        salt: mixed into the hashes that stand for people in the record.
    """
    classes = scans.classes[1:]
    first: dict[str, dict[str, float]] = {}  # person -> class -> Dice
    second: dict[str, dict[str, float]] = {}
    curve: dict[int, dict[str, float]] = {}  # queries -> person -> average Dice
    sent = received = 0
    client_seconds: list[float] = []
    with display.track("segmenting scans", len(scans)) as task:
        for scan in scans:
            key = key_for(scan, 0)
            release = client.protect(scan, key)
            reply = server.serve(release)
            first[scan.subject] = _dice(client, reply, key, scan, None, scans.classes)
            client_seconds.append(client.protecting.seconds[-1] + client.recovering.seconds[-1])
            sent, received = release.queries.nbytes, reply.nbytes
            for queries in query_grid:
                if queries < len(reply):
                    partial = _dice(client, reply, key, scan, queries, scans.classes)
                    curve.setdefault(queries, {})[scan.subject] = _mean(partial)
            curve.setdefault(len(reply), {})[scan.subject] = _mean(first[scan.subject])
            second[scan.subject] = _again(client, server, scan, key_for, scans.classes) or first[scan.subject]
            task.advance(note=f"Dice {_mean(first[scan.subject]):.3f}")
    utility = Utility(
        dice={name: _interval({s: dice[name] for s, dice in first.items()}, (*axes, name)) for name in classes},
        dice_average=_interval({s: _mean(dice) for s, dice in first.items()}, (*axes, "average")),
        dice_per_subject={pseudonym(subject, salt): dict(dice) for subject, dice in first.items()},
        dice_by_queries=[
            CurvePoint(queries=queries, dice=_interval(by_subject, (*axes, "average")))
            for queries, by_subject in sorted(curve.items())
        ],
        stability={name: _stability([(first[s][name], second[s][name]) for s in first]) for name in classes},
    )
    return Measured(
        utility, statistics.median(client_seconds), statistics.median(server.serving.seconds), sent, received
    )


def pseudonym(subject: str, salt: str) -> str:
    """What stands for a person in a record."""
    return hashlib.sha256(f"{salt}:{subject}".encode()).hexdigest()[:10]


def _dice(
    client: Client, reply: np.ndarray, key: object, scan: Scan, queries: int | None, classes: tuple[str, ...]
) -> dict[str, float]:
    recovered = client.recover(reply, key, queries).cpu()
    return dice_of_probabilities(recovered, scan.labels, classes)


def _again(
    client: Client, server: Server, scan: Scan, key_for: KeyFor, classes: tuple[str, ...]
) -> dict[str, float] | None:
    """Dice under a second key; None if the defense has no keys to differ in."""
    if not client.defense.randomised:
        return None
    key = key_for(scan, 1)
    return _dice(client, server.serve(client.protect(scan, key)), key, scan, None, classes)


def _mean(dice: dict[str, float]) -> float:
    return float(np.nanmean(list(dice.values())))


def _interval(values: dict[str, float], axes: tuple[str | int, ...]) -> Interval:
    measured = {subject: [value] for subject, value in values.items() if not np.isnan(value)}
    if not measured:  # nobody has this class
        return Interval(value=None, low=None, high=None, n=0)
    return Interval.of(bootstrap_subjects(measured, *axes))


def _stability(pairs: list[tuple[float, float]]) -> Stability:
    ratings = np.array(pairs)
    found = agreement(ratings[~np.isnan(ratings).any(axis=1)])
    return Stability(icc=found.icc, low=found.low, high=found.high, kind=found.kind.value, n=found.n)
