"""What an attack on membership finds: who, of members and strangers in one heap, was the server trained on?"""

from collections.abc import Sequence

import torch

from bench import seeds
from bench.defense import Networks
from bench.metrics.confidence import mean_logit_of_answer
from bench.metrics.membership import Told, tell_members
from bench.records.goals import HEADLINES
from bench.records.parts import Interval
from bench.records.privacy import Control, OperatingPoint, Privacy, Score, Verification
from bench.runner.attack.attempts import Attempts
from bench.runner.attack.candidates import Candidates, candidates_of
from bench.runner.attack.own_pool import own_pool
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.types.claim import Membership
from bench.types.scan import Cohort, Roles
from bench.types.threat import Goal

Axes = tuple[str | int, ...]

AUC = HEADLINES[Goal.MEMBERSHIP]
DO_NOTHING = (
    "one threshold for everybody on how sure the server's answer is of the true labels, sent as the client sends, with "
    "the same keys of the attacker's own people for all; no other network to compare with (Yeom et al. 2018)"
)
KEYS = 3
"""Under which the control asks about everybody."""


def measure_membership(
    claim: Membership, attempts: Attempts, client: Client, networks: Networks, roles: Roles
) -> Privacy:
    """Scores beside chance, the server's own confidence as a control, and the ROC.

    What is measured of other goals along queries, keys and the dial has no meaning here: no traffic is attacked.
    """
    asked, axes = candidates_of(roles, attempts.seed, client.secret), attempts.axes()
    told = tell_members(claim.scores.tolist(), asked.members, *axes, "membership")
    server = Server(client.defense, networks.server, client.device)
    sure = tell_members(
        confidences(client, server, asked, roles.auxiliary, axes), asked.members, *axes, "control", "do-nothing"
    )
    scores = membership_scores(told)
    return Privacy(
        scores=scores,
        controls={
            "do-nothing": Control(
                meaning=DO_NOTHING, scores={name: score.value for name, score in membership_scores(sure).items()}
            )
        },
        headline=AUC,
        headline_by_key=[scores[AUC].value.value],
        verification=_verification(told, asked, claim.scores.tolist(), client.secret),
        residual=None,
        confound=None,
        by_queries=None,
        by_dial=None,
        linkage=None,
        details={**claim.details, "members": told.members, "strangers": told.strangers},
    )


def membership_scores(told: Told) -> dict[str, Score]:
    """The scores beside those of knowing nothing."""
    return {
        AUC: Score(value=Interval.of(told.auc), chance=0.5),
        "advantage": Score(value=Interval.of(told.advantage), chance=0.0),
    }


def confidences(client: Client, server: Server, asked: Candidates, own: Cohort, axes: Axes) -> list[float]:
    """How sure the server is of every candidate's true labels, on average over the same keys for everybody.

    Under keys of their own the luck of the draw, such as a weak mixture, would pass for the server's memory; and with
    the hospital's references, which a defense may take from the train role, members might be mixed with themselves.
    """
    pool = own_pool(own, len(client.references))
    asking = Client(client.defense, client.network, pool, client.device)
    keys = [asking.draw_key(seeds.generator(*axes, "candidate", client.secret, number)) for number in range(KEYS)]
    found = []
    for scan in asked.scans:
        answers = [wire.decode(server.serve(asking.protect(scan, key)), torch.device("cpu")) for key in keys]
        sure = [mean_logit_of_answer(maps.mean(dim=0), scan.labels) for maps in answers]
        found.append(float(torch.stack(sure).mean()))
    return found


def _verification(told: Told, asked: Candidates, scores: Sequence[float], salt: str) -> Verification:
    accepted = {
        pseudonym(scan.subject, salt): (member, float(score > told.threshold))
        for scan, member, score in zip(asked.scans, asked.members, scores, strict=True)
        if told.threshold is not None
    }
    return Verification(
        auc=Interval.of(told.auc),
        operating_points=[OperatingPoint.of(point.fpr, point.tpr) for point in told.tprs],
        smallest_fpr=told.smallest_fpr,
        roc=[OperatingPoint.of(point.fpr, point.tpr) for point in told.roc],
        genuine=told.members,
        impostors=told.strangers,
        fpr_per_subject={person: alarm for person, (member, alarm) in sorted(accepted.items()) if not member},
        tpr_per_subject={person: found for person, (member, found) in sorted(accepted.items()) if member},
    )
