"""Everything that is measured about an attack that made a claim."""

from pathlib import Path

from bench.defense import Networks
from bench.metrics.retrieval import score_linkage
from bench.progress import Display
from bench.records.claims import CLAIM_NAME, StoredLinkage, write_linkage
from bench.records.privacy import Privacy
from bench.runner.attack.attempts import Attempts
from bench.runner.leakage.confound import reference_confound
from bench.runner.leakage.controls import linkage_controls
from bench.runner.leakage.scores import HEADLINE, residual, shown, verification
from bench.runner.leakage.sweeps import leak_by_dial, leak_by_queries
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.runner.traffic.recording import Traffic, key_source
from bench.types.claim import Linkage
from bench.types.scan import Roles


def measure_leakage(
    claim: Linkage,
    attempts: Attempts,
    client: Client,
    server: Server | None,
    traffic: Traffic,
    networks: Networks,
    roles: Roles,
    *,
    query_grid: tuple[int, ...],
    dial_folder: Path,
    cell_folder: Path,
    display: Display,
) -> Privacy:
    """Scores, controls, the verification view, residual risk, the reference confound, and leakage along K and the dial.

    Args:
        server: answers, if the attack observes replies.
        dial_folder: for traffic with the dial at fixed values.
        cell_folder: where the linkage itself is kept.
    """
    salt = client.secret
    scans, axes, key_for = traffic.scans, attempts.axes(), key_source(client, attempts.seed)
    found = score_linkage(claim, [scan.subject for scan in scans], *axes)
    scores = shown(found)
    people = tuple(pseudonym(scan.subject, salt) for scan in scans)
    write_linkage(StoredLinkage(claim.scores.float().numpy(), people), cell_folder / CLAIM_NAME)
    display.say("measuring controls, and leakage along queries and dial")
    return Privacy(
        scores=scores,
        controls=linkage_controls(client, traffic, roles.auxiliary, key_for, axes),
        headline=HEADLINE,
        verification=verification(claim, scans, salt, axes),
        residual=residual(claim, found, scans, salt, axes),
        confound=reference_confound(
            lambda more: attempts.make(client, more, networks, roles, "confound"),
            attempts.attack,
            client,
            traffic,
            key_for,
        ),
        by_queries=leak_by_queries(
            lambda seen, run: attempts.make(client, seen, networks, roles, run),
            attempts.attack,
            traffic,
            scores[HEADLINE].value,
            query_grid,
            axes,
        ),
        by_dial=leak_by_dial(
            lambda sender, sent, run: attempts.make(sender, sent, networks, roles, run),
            client,
            server,
            roles.test,
            attempts.seed,
            dial_folder,
            axes,
            display,
        ),
        linkage=CLAIM_NAME,
        details={
            **claim.details,
            "gallery": "encoded against encoded, leave one out",
            "probes": sum(len(values) for values in found.hits.values()),
            "candidates": len(scans) - 1,
        },
    )
