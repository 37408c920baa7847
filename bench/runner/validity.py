"""Known-answer checks: before an attack's verdict counts, it must find what is known to leak.

At smoke size on the embedded cohort, once per attack and settings; the result is kept under its content address.
"""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from bench.data.phantom import Phantom
from bench.data.roles import split
from bench.dataset import Grid
from bench.defense import Networks
from bench.progress import Display
from bench.records.files import write_atomically
from bench.records.schema import LeakCheck, Score, Status, Validity
from bench.runner import planted
from bench.runner.attacking import Verdict
from bench.runner.parties import Client, Server
from bench.runner.traffic import Traffic, key_source, record_traffic
from bench.types.scan import Cohort, Roles
from bench.types.training import History

GRID = Grid((28, 36, 28), 6.0)
SHARES = (0.15, 0.15, 0.3, 0.4)
"""Many victims, for narrow intervals: nothing is trained for the defense, so it needs few people of its own."""
IDENTITY_AT_LEAST = 0.9
"""A linkage of clean scans of the embedded cohort that scores less is broken."""

Attempt = Callable[[Client, Traffic, Networks, Roles, tuple[str | int, ...]], Verdict]
"""One run of the attack on recorded traffic."""


def checked_once(path: Path, check: Callable[[], Validity]) -> Validity:
    """What lies in `path`, else what `check` finds, which then lies there."""
    if path.exists():
        return Validity.model_validate_json(path.read_bytes())
    found = check()
    write_atomically(path, found.model_dump_json(indent=2))
    return found


def check_attack(
    attempt: Attempt, cohort: Cohort, folder: Path, device: torch.device, *, replies: bool, display: Display
) -> Validity:
    """Let the attack at every planted leak.

    Args:
        cohort: made of `validity_cohort()` on `GRID`.
        folder: for the traffic of the leaks.
        replies: whether the attack observes them.
    """
    roles = split(cohort, SHARES)
    found = {}
    for leak in planted.LEAKS:
        networks = Networks(nn.Identity(), planted.IntensityServer(len(cohort.classes)).to(device), History())
        client = Client(leak, networks.client, roles.references.first_visits().scans, device)
        server = Server(leak, networks.server, device) if replies else None
        place = folder / leak.name
        traffic = record_traffic(client, server, roles.test, key_source(client, 0), 0, place, Display(quiet=True))
        display.say(f"checking the attack against the planted leak {leak.name}")
        found[leak.name] = _judge(leak.name, attempt(client, traffic, networks, roles, ("validity", leak.name)))
    return Validity(leaks=found)


def validity_cohort() -> Phantom:
    """The embedded cohort of the checks."""
    return Phantom()


def _judge(leak: str, verdict: Verdict) -> LeakCheck:
    if verdict.status is not Status.OK or verdict.privacy is None:
        return LeakCheck(passed=False, score=None, reason=verdict.reason or verdict.status.value)
    score = verdict.privacy.scores[verdict.privacy.headline]
    reason = _shortfall(leak, score)
    return LeakCheck(passed=reason is None, score=score, reason=reason)


def _shortfall(leak: str, score: Score) -> str | None:
    low, chance, value = score.value.low, score.chance, score.value.value
    if value is None or low is None or chance is None:
        return "no score"
    if leak == planted.Identity.name and value < IDENTITY_AT_LEAST:
        return f"scored {score.value} on clean scans; at least {IDENTITY_AT_LEAST} is expected"
    if low <= chance:
        return f"scored {score.value}, not above chance {chance:.3f}"
    return None
