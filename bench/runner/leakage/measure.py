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
from bench.runner.leakage.linking import WINDOW
from bench.runner.leakage.membership import measure_membership
from bench.runner.leakage.overlap import either_of_two, recovered_labels
from bench.runner.leakage.scores import HEADLINE, residual, verification
from bench.runner.leakage.sweeps import Sweeps
from bench.runner.leakage.trait_controls import trait_controls
from bench.runner.leakage.traits import WORST, tell_traits
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.runner.traffic.recording import Traffic, key_source
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
    salt = client.secret
    scans, axes = repetitions[0].scans, attempts.axes()
    goal, training = attempts.attack.goal, attempts.attack.threat.phase is Phase.TRAINING
    key_for = key_source(client, attempts.seed)
    if training:
        key_for = training_key_source(client, roles.train, attempts.seed)
    recovered = recovered_labels(client, repetitions, key_for) if goal is Goal.LABELS else ()
    judge = Judge(
        goal=goal,
        scans=scans,
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
        told = tell_traits(claims, scans, roles.auxiliary, axes)
        return Privacy(
            scores=told.scores,
            controls=trait_controls(repetitions, roles.auxiliary, axes),
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
                "not_measured_along": left_out(attempts.attack, evaluation),
            },
        )
    linkages, yardstick = judge.linkages(claims), settings_for(roles.test.shape, WINDOW)
    found = score_linkage(linkages, [scan.subject for scan in scans], *axes)
    scores = {**judge.scores(claims, linkages, axes), **alpha_error(claims, repetitions, key_for, axes)}
    if training:
        scores |= either_of_two(claims, repetitions, key_for, axes)
    people = tuple(pseudonym(scan.subject, salt) for scan in scans)
    write_linkage(
        StoredLinkage(
            np.stack([linkage.scores.float().numpy() for linkage in linkages]), people, repetitions[0].wanted
        ),
        cell_folder / CLAIM_NAME,
    )
    return Privacy(
        scores=scores,
        controls=label_controls(repetitions, roles.auxiliary, recovered, axes, judge.maps)
        if goal is Goal.LABELS
        else controls(client, repetitions, roles.auxiliary, key_for, axes, judge.pictures),
        headline=HEADLINE,
        headline_by_key=list(found.map_by_key),
        verification=verification(linkages, scans, salt, axes),
        residual=residual(linkages, found, scans, salt, axes),
        confound=reference_confound(
            lambda more: attempts.make(client, more, networks, roles, "confound"),
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
            "not_measured_along": left_out(attempts.attack, evaluation),
            "probes": sum(len(values) for values in found.hits.values()) // len(claims),
            "candidates": len(scans) - 1,
        },
    )
