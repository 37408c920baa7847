"""Leakage along the number of queries and along the defense's dial.

A method that sends K queries is charged for K, and an average over the law of its weight must not hide the patients
who were nearly naked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.attack import Attack
from bench.config import Evaluation
from bench.defense import Dialled, Networks
from bench.progress import Display
from bench.records.parts import NOT_MEASURED, Interval
from bench.records.privacy import LeakCurve, LeakPoint
from bench.runner.attack.attempts import Attempts, Findings
from bench.runner.leakage.extent import along_dial, along_queries
from bench.runner.leakage.judge import Judge
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import Traffic, record_repetitions
from bench.types.scan import Cohort, Roles

Axes = tuple[str | int, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sweeps:
    """Both curves of one cell, as far as `evaluation` wants them of this attack.

    Attributes:
        server: answers, if the attack observes replies.
        repetitions: the traffic under several sets of keys.
        folder: for the traffic of each value of the dial.
        judge: scores the claims.
    """

    attempts: Attempts
    client: Client
    server: Server | None
    repetitions: Sequence[Traffic]
    networks: Networks
    roles: Roles
    evaluation: Evaluation
    folder: Path
    display: Display
    judge: Judge

    @property
    def any(self) -> bool:
        """Whether there is one to measure."""
        attack = self.attempts.attack
        return along_queries(attack, self.evaluation) or along_dial(attack, self.evaluation)

    def by_queries(self, whole: Interval) -> LeakCurve | None:
        """Leakage along the number of queries; `whole` is the score with all that were sent."""
        if not along_queries(self.attempts.attack, self.evaluation):
            return None
        return leak_by_queries(
            lambda seen, run: self.attempts.over(self.client, seen, self.networks, self.roles, run),
            self.attempts.attack,
            self.repetitions,
            whole,
            self.evaluation.query_grid,
            self.attempts.axes(),
            self.judge,
        )

    def by_dial(self) -> LeakCurve | None:
        """Leakage along the defense's dial."""
        if not along_dial(self.attempts.attack, self.evaluation):
            return None
        return leak_by_dial(
            lambda sender, sent, run: self.attempts.over(sender, sent, self.networks, self.roles, run),
            self.client,
            self.server,
            self.roles.test,
            self.attempts.seed,
            self.folder,
            self.attempts.axes(),
            self.display,
            len(self.repetitions),
            self.judge,
        )


def leak_by_queries(
    attempt: Callable[[Sequence[Traffic], str], Findings],
    attack: Attack,
    repetitions: Sequence[Traffic],
    whole: Interval,
    grid: Sequence[int],
    axes: Axes,
    judge: Judge,
) -> LeakCurve | None:
    """The headline score when only the first K queries of every release are seen.

    Args:
        repetitions: the traffic under several sets of keys.
        whole: the score with all that were sent.
        grid: numbers of queries; those the defense does not send are left out.
        axes: seed axes of ties and intervals.
        judge: scores the claims.
    """
    sent = len(repetitions[0].transcript.releases[0])
    if sent == 1 or attack.threat.queries is not None:
        return None
    points = []
    for queries in sorted({count for count in grid if count < sent}):
        seen = [replace(traffic, transcript=traffic.transcript.first(queries)) for traffic in repetitions]
        points.append(_point(float(queries), attempt(seen, f"queries-{queries}"), judge, axes))
    return LeakCurve(along="queries", points=[*points, LeakPoint(at=sent, score=whole)])


def leak_by_dial(
    attempt: Callable[[Client, Sequence[Traffic], str], Findings],
    client: Client,
    server: Server | None,
    test: Cohort,
    seed: int,
    folder: Path,
    axes: Axes,
    display: Display,
    repetitions: int,
    judge: Judge,
) -> LeakCurve | None:
    """The headline score at every value of the defense's dial, one query per scan; None if it has none.

    Args:
        server: answers, if the attack observes replies.
        folder: for the traffic of each value.
        axes: seed axes of ties and intervals.
        repetitions: how many sets of keys.
        judge: scores the claims.
    """
    if not isinstance(client.defense, Dialled):
        return None
    points = []
    for value, defense in client.defense.dialled().items():
        sender = client.turned_to(defense)
        answering = None if server is None else Server(defense, server.network, server.device)
        name = f"{client.defense.dial}-{value:g}"
        sent = record_repetitions(sender, answering, test, seed, folder / name, display, repetitions)
        sent = tuple(replace(traffic, wanted=judge.wanted) for traffic in sent)
        points.append(_point(value, attempt(sender, sent, name), judge, axes))
    return LeakCurve(along=client.defense.dial, points=points)


def _point(at: float, findings: Findings, judge: Judge, axes: Axes) -> LeakPoint:
    if not findings.claims:
        return LeakPoint(at=at, score=NOT_MEASURED, reason=findings.reason)
    return LeakPoint(at=at, score=judge.headline(findings.claims, axes))
