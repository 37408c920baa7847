"""Everything that is measured about an attack that made a claim."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.config import Evaluation
from bench.defense import Networks
from bench.metrics.msssim import settings_for
from bench.metrics.retrieval import score_linkage
from bench.progress import Display
from bench.records.claims import CLAIM_NAME, StoredLinkage, write_linkage
from bench.records.privacy import Privacy
from bench.runner.attack.attempts import Attempts
from bench.runner.leakage.alpha_error import alpha_error
from bench.runner.leakage.confound import reference_confound
from bench.runner.leakage.controls import controls
from bench.runner.leakage.extent import left_out
from bench.runner.leakage.judge import Judge
from bench.runner.leakage.label_controls import label_controls
from bench.runner.leakage.linking import WINDOW, Labels
from bench.runner.leakage.membership import measure_membership
from bench.runner.leakage.overlap import either_of_two, recovered_labels
from bench.runner.leakage.scores import HEADLINE, residual, verification
from bench.runner.leakage.sweeps import Sweeps
from bench.runner.leakage.trait_controls import trait_controls
from bench.runner.leakage.traits import WORST, tell_traits
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.runner.traffic.recording import KeyFor, Traffic, key_source
from bench.runner.traffic.training import training_key_source
from bench.types.claim import Claim, Membership
from bench.types.scan import Roles
from bench.types.threat import Goal, Phase


def measure_leakage(
    claims: Sequence[Claim],
    attempts: Attempts,
    client: Client,
    server: Server | None,
    repetitions: Sequence[Traffic],
    networks: Networks,
    roles: Roles,
    *,
    evaluation: Evaluation,
    dial_folder: Path,
    cell_folder: Path,
    display: Display,
) -> Privacy:
    """Scores, controls, the verification view, residual risk, the reference confound, and leakage along K and the dial.

    Args:
        claims: what the attack made of every repetition.
        evaluation: along which numbers of queries, and whether costly attacks are let at these and at the dial.
        repetitions: the traffic under several sets of keys.
        server: answers, if the attack observes replies.
        dial_folder: for traffic with the dial at fixed values.
        cell_folder: where the linkage itself is kept.
    """
    if isinstance(claims[0], Membership):
        return measure_membership(claims[0], attempts, client, networks, roles)
    goal, training = attempts.attack.goal, attempts.attack.threat.phase is Phase.TRAINING
    key_for = training_key_source(client, roles.train, attempts.seed) if training else key_source(client, attempts.seed)
    recovered = recovered_labels(client, repetitions, key_for) if goal is Goal.LABELS else ()
    judge = Judge(
        goal=goal,
        scans=repetitions[0].scans,
        auxiliary=roles.auxiliary,
        device=client.device,
        recovered=recovered,
        wanted=repetitions[0].wanted,
    )
    swept = Sweeps(
        attempts=attempts,
        client=client,
        server=server,
        repetitions=repetitions,
        networks=networks,
        roles=roles,
        evaluation=evaluation,
        folder=dial_folder,
        display=display,
        judge=judge,
    )
    display.say("measuring controls" + (", and leakage along queries and dial" if swept.any else ""))
    if goal is Goal.ATTRIBUTE:
        return _about_traits(claims, swept)
    return _about_people(claims, swept, key_for, recovered, cell_folder)


def _about_traits(claims: Sequence[Claim], swept: Sweeps) -> Privacy:
    """Of an attack on age and sex."""
    auxiliary, axes = swept.roles.auxiliary, swept.attempts.axes()
    told = tell_traits(claims, swept.repetitions[0].scans, auxiliary, axes)
    return Privacy(
        scores=told.scores,
        controls=trait_controls(swept.repetitions, auxiliary, axes),
        headline=WORST,
        headline_by_key=list(told.by_key),
        verification=None,
        confound=None,
        by_queries=swept.by_queries(told.scores[WORST].value),
        by_dial=swept.by_dial(),
        linkage=None,
        details={
            **claims[0].details,
            "trait that leaks most": told.worst,
            "not_measured_along": left_out(swept.attempts.attack, swept.evaluation),
        },
    )


def _about_people(
    claims: Sequence[Claim], swept: Sweeps, key_for: KeyFor, recovered: Sequence[Labels], cell_folder: Path
) -> Privacy:
    """Of an attack whose claims lead to people: links, images, label maps."""
    attempts, client, repetitions, judge = swept.attempts, swept.client, swept.repetitions, swept.judge
    scans, axes, salt = repetitions[0].scans, attempts.axes(), client.secret
    linkages, yardstick = judge.linkages(claims), settings_for(swept.roles.test.shape, WINDOW)
    found = score_linkage(linkages, [scan.subject for scan in scans], *axes)
    scores = {**judge.scores(claims, linkages, axes), **alpha_error(claims, repetitions, key_for, axes)}
    if attempts.attack.threat.phase is Phase.TRAINING:
        scores |= either_of_two(claims, repetitions, key_for, axes)
    people = tuple(pseudonym(scan.subject, salt) for scan in scans)
    tables = np.stack([linkage.scores.float().numpy() for linkage in linkages])
    write_linkage(StoredLinkage(tables, people, repetitions[0].wanted), cell_folder / CLAIM_NAME)
    if attempts.attack.goal is Goal.LABELS:
        beside = label_controls(repetitions, swept.roles.auxiliary, recovered, axes, judge.maps)
    else:
        beside = controls(client, repetitions, swept.roles.auxiliary, key_for, axes, judge.pictures)
    return Privacy(
        scores=scores,
        controls=beside,
        headline=HEADLINE,
        headline_by_key=list(found.map_by_key),
        verification=verification(linkages, scans, salt, axes),
        residual=residual(linkages, found, scans, salt, axes),
        confound=reference_confound(
            lambda more: attempts.make(client, more, swept.networks, swept.roles, "confound"),
            attempts.attack,
            client,
            repetitions[0],
            key_for,
        ),
        by_queries=swept.by_queries(scores[HEADLINE].value),
        by_dial=swept.by_dial(),
        traces=judge.traces(claims, axes),
        linkage=CLAIM_NAME,
        details={
            **claims[0].details,
            "gallery": judge.gallery(claims[0]),
            "ms_ssim_window": yardstick.window,
            "ms_ssim_levels": yardstick.levels,
            "not_measured_along": left_out(attempts.attack, swept.evaluation),
            "probes": sum(len(values) for values in found.hits.values()) // len(claims),
            "candidates": len(scans) - 1,
        },
    )
