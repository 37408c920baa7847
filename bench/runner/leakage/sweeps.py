"""Leakage along the number of queries and along the defense's dial.

A method that sends K queries is charged for K, and an average over the law of its weight must not hide the patients
who were nearly naked.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bench.attack import Attack
from bench.defense import Dialled
from bench.progress import Display
from bench.records.parts import Interval
from bench.records.privacy import LeakCurve, LeakPoint
from bench.runner.attack.attacking import Verdict
from bench.runner.leakage.scores import HEADLINE, linkage_scores
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import Traffic, key_source, record_traffic
from bench.types.scan import Cohort

Axes = tuple[str | int, ...]


def leak_by_queries(
    attempt: Callable[[Traffic, str], Verdict],
    attack: Attack,
    traffic: Traffic,
    whole: Interval,
    grid: Sequence[int],
    axes: Axes,
) -> LeakCurve | None:
    """The headline score when only the first K queries of every release are seen.

    Args:
        whole: the score with all that were sent.
        grid: numbers of queries; those the defense does not send are left out.
        axes: seed axes of ties and intervals.
    """
    sent = len(traffic.transcript.releases[0])
    if sent == 1 or attack.threat.queries is not None:
        return None
    points = []
    for queries in sorted({count for count in grid if count < sent}):
        seen = replace(traffic, transcript=traffic.transcript.first(queries))
        points.append(_point(float(queries), attempt(seen, f"queries-{queries}"), seen, axes))
    return LeakCurve(along="queries", points=[*points, LeakPoint(at=sent, score=whole)])


def leak_by_dial(
    attempt: Callable[[Client, Traffic, str], Verdict],
    client: Client,
    server: Server | None,
    test: Cohort,
    seed: int,
    folder: Path,
    axes: Axes,
    display: Display,
) -> LeakCurve | None:
    """The headline score at every value of the defense's dial, one query per scan; None if it has none.

    Args:
        server: answers, if the attack observes replies.
        folder: for the traffic of each value.
        axes: seed axes of ties and intervals.
    """
    if not isinstance(client.defense, Dialled):
        return None
    points = []
    for value, defense in client.defense.dialled().items():
        sender = client.turned_to(defense)
        answering = None if server is None else Server(defense, server.network, server.device)
        name = f"{client.defense.dial}-{value:g}"
        key_for = key_source(sender, seed)
        traffic = record_traffic(sender, answering, test, key_for, seed, folder / name, display)
        points.append(_point(value, attempt(sender, traffic, name), traffic, axes))
    return LeakCurve(along=client.defense.dial, points=points)


def _point(at: float, verdict: Verdict, traffic: Traffic, axes: Axes) -> LeakPoint:
    if verdict.claim is None:
        return LeakPoint(at=at, score=Interval(value=None, low=None, high=None, n=0))
    return LeakPoint(at=at, score=linkage_scores(verdict.claim, traffic.scans, axes)[HEADLINE].value)
