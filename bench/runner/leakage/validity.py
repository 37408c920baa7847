"""Known-answer checks: before an attack's verdict counts, it must find what is known to leak.

At smoke size on the embedded cohort, once per attack and settings; the result is kept under its content address.
"""

import dataclasses
from pathlib import Path

import torch
from torch import nn

from bench import config, store, versions
from bench.attack import Attack
from bench.data.cached import load_cached
from bench.data.phantom import Phantom
from bench.data.roles import data_secret, split
from bench.dataset import Grid
from bench.defense import Networks, SendsLabels
from bench.progress import Display
from bench.records.privacy import LeakCheck, Score, Validity
from bench.runner.attack.attacking import Verdict
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.confinement import LostAttack
from bench.runner.leakage import memory, planted, trait_checks
from bench.runner.leakage.extent import asked_of
from bench.runner.leakage.judge import Judge
from bench.runner.leakage.scores import HEADLINE
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import record_traffic
from bench.runner.traffic.training import training_traffic
from bench.types.threat import Goal, Observes, Phase
from bench.types.training import History

COHORT = Phantom()
GRID = Grid((28, 36, 28), 6.0)
SHARES = (0.15, 0.15, 0.3, 0.4)
"""Many victims, for narrow intervals: nothing is trained for the defense, so it needs few people of its own."""
IDENTITY_AT_LEAST = 0.9
"""A linkage of clean scans of the embedded cohort that scores less is broken."""
COSTLY_PEOPLE = 8
"""Of whom an attack that takes long for a scan must reconstruct one scan."""
_CODE = ("bench.data", "bench.metrics", "bench.models", "bench.runner", "bench.seeds", "bench.trainer", "bench.types")


def at_smoke_size(attack: Attack, preset: str) -> Attack:
    """The attack with the values of its smoke preset; what a user set stays, unless smoke size is but a smaller one.

    So a check costs little, and whoever takes something away from an attack takes it away here as well.

    Args:
        preset: under which its settings were resolved.
    """
    defaults = {
        field.name: field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
        for field in dataclasses.fields(attack)  # type: ignore[arg-type]
    }
    usual = {**defaults, **attack.presets.get(preset, {})}
    small = {
        name: value
        for name, value in attack.presets.get("smoke", {}).items()
        if getattr(attack, name) == usual[name] or _shrinks(value, usual[name], getattr(attack, name))
    }
    return dataclasses.replace(attack, **small)  # type: ignore[type-var]


def _shrinks(smoke: object, usual: object, own: object) -> bool:
    """Whether smoke size makes less of this setting than is usual, and less than the user's own value, too."""

    def size(value: object) -> list[float]:
        found = list(value) if isinstance(value, (tuple, list)) else [value]
        numbers = [float(one) for one in found if isinstance(one, (int, float)) and not isinstance(one, bool)]
        return numbers if len(numbers) == len(found) else []

    small, others = size(smoke), (size(usual), size(own))
    return bool(small) and all(len(other) >= len(small) and min(other) >= min(small) for other in others)


def address_of(attack: Attack, precision: str) -> str:
    """Content address of the checks of an attack.

    Args:
        precision: of the arithmetic in which the attack trains.
    """
    settings = [attack.name, config.by_content(attack), versions.plugin_version(type(attack)), precision]
    return store.address({"validity-of": settings, "code": versions.code_version(*_CODE, "bench.view")})


def check_attack(attempts: Attempts, cohorts: Path, traffic_folder: Path, device: torch.device) -> Validity:
    """Let the attack at every planted leak.

    Args:
        cohorts: the cache of prepared cohorts.
        traffic_folder: for what the leaks send.

    Raises:
        LostAttack: the attack made no claim about a leak.
    """
    cohort = load_cached(COHORT, None, GRID, cohorts)
    if attempts.attack.goal is Goal.MEMBERSHIP:
        asked = split(cohort, memory.SHARES)
        return Validity(leaks=memory.check_on_memory(attempts, asked, data_secret(cohort), device))
    if attempts.attack.goal is Goal.ATTRIBUTE:
        return Validity(leaks=trait_checks.check_on_traits(attempts, cohort, traffic_folder, device))
    roles, secret = split(cohort, SHARES), data_secret(cohort)
    found = {}
    training = attempts.attack.threat.phase is Phase.TRAINING
    for leak in planted.LEAKS:
        if training and not isinstance(leak, SendsLabels):
            continue
        attempts.display.say(f"known-answer check: {leak.name}")
        networks = Networks(nn.Identity(), planted.IntensityServer.of(roles.train).to(device), History())
        client = Client(leak, networks.client, roles.references.first_visits().scans, device, secret)
        server = Server(leak, networks.server, device) if Observes.REPLY in attempts.attack.threat.observes else None
        folder = traffic_folder / leak.name
        if training:
            (traffic,) = training_traffic(client, roles.train, 0, repetitions=1)
        else:
            traffic = record_traffic(client, server, roles.test, 0, folder, Display(quiet=True))
        traffic = asked_of(attempts.attack, traffic, COSTLY_PEOPLE, secret)
        verdict = attempts.make(client, traffic, networks, roles, "validity", leak.name)
        judge = Judge(
            goal=attempts.attack.goal,
            scans=traffic.scans,
            auxiliary=roles.auxiliary,
            device=device,
            wanted=traffic.wanted,
        )
        found[leak.name] = _judged(leak.name, verdict, judge, attempts.axes("validity", leak.name))
    return Validity(leaks=found)


def _judged(leak: str, verdict: Verdict, judge: Judge, axes: tuple[str | int, ...]) -> LeakCheck:
    if verdict.claim is None:
        raise LostAttack(verdict.status, f"{verdict.reason} [on the planted leak {leak}]")
    claims = [verdict.claim]
    score = judge.scores(claims, judge.linkages(claims), axes)[HEADLINE]
    reason = _shortfall(leak, score)
    return LeakCheck(passed=reason is None, score=score, reason=reason)


def _shortfall(leak: str, score: Score) -> str | None:
    low, chance, value = score.value.low, score.chance, score.value.value
    if value is None or low is None or chance is None:
        return "no score"
    if leak == planted.Identity.name and value < IDENTITY_AT_LEAST:
        return f"{HEADLINE} {score.value} on clean scans, where at least {IDENTITY_AT_LEAST} is expected"
    if low <= chance:
        return f"{HEADLINE} {score.value}, not above chance {chance:.3f}"
    return None
