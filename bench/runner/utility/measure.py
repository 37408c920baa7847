"""How well the client's recovered segmentation agrees with the reference labels."""

import statistics
from collections.abc import Sequence

import numpy as np

from bench.metrics.agreement import agreement
from bench.metrics.dice import dice_of_probabilities
from bench.progress import Display
from bench.records.parts import Part
from bench.records.utility import CurvePoint, Stability, Utility
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.runner.traffic.recording import KeyFor, key_source
from bench.runner.utility.dial import measure_dial
from bench.runner.utility.segmentation import average, over_people, recovered_dice
from bench.runner.utility.uncertainty import Doubt, doubt_about, over_scans
from bench.types.scan import Cohort, Scan


class Measured(Part):
    """Utility with what it cost: median seconds and bytes per scan."""

    utility: Utility
    client_seconds: float
    server_seconds: float
    bytes_sent: int
    bytes_received: int


def measure_utility(
    client: Client,
    server: Server,
    scans: Cohort,
    query_grid: Sequence[int],
    seed: int,
    display: Display,
) -> Measured:
    """Send every scan under two keys and score what comes back.

    Args:
        scans: one scan per person.
        query_grid: numbers of queries at which Dice is reported; those the defense does not send are left out.
        seed: of the keys and of the bootstrap.
    """
    classes, axes, key_for = scans.classes[1:], (seed, "utility"), key_source(client, seed)
    first: dict[str, dict[str, float]] = {}  # person -> class -> Dice
    second: dict[str, dict[str, float]] = {}
    curve: dict[int, dict[str, float]] = {}  # queries -> person -> average Dice
    doubts: dict[str, Doubt] = {}
    sent = received = 0
    client_seconds: list[float] = []
    with display.track("segmenting scans", len(scans)) as task:
        for scan in scans:
            key = key_for(scan, 0)
            release = client.protect(scan, key)
            reply = server.serve(release)
            recovered = client.recover(reply, key).cpu()
            first[scan.subject] = dice_of_probabilities(recovered, scan.labels, scans.classes)
            client_seconds.append(client.protecting.seconds[-1] + client.recovering.seconds[-1])
            sent, received = release.queries.nbytes, reply.nbytes
            for queries in query_grid:
                if queries < len(reply):
                    partial = recovered_dice(client, reply, key, scan, scans.classes, queries)
                    curve.setdefault(queries, {})[scan.subject] = average(partial)
            curve.setdefault(len(reply), {})[scan.subject] = average(first[scan.subject])
            doubt = doubt_about(client, reply, key, recovered, scan)
            if doubt is not None:
                doubts[scan.subject] = doubt
            second[scan.subject] = _again(client, server, scan, key_for, scans.classes) or first[scan.subject]
            task.advance(note=f"Dice {average(first[scan.subject]):.3f}")
    utility = Utility(
        dice={name: over_people({s: dice[name] for s, dice in first.items()}, *axes, name) for name in classes},
        dice_average=over_people({s: average(dice) for s, dice in first.items()}, *axes, "average"),
        dice_per_subject={pseudonym(subject, client.secret): dict(dice) for subject, dice in first.items()},
        dice_by_queries=[
            CurvePoint(queries=queries, dice=over_people(by_subject, *axes, "average"))
            for queries, by_subject in sorted(curve.items())
        ],
        dice_by_dial=measure_dial(client, server, scans, seed, axes, display),
        stability={name: _stability([(first[s][name], second[s][name]) for s in first]) for name in classes},
        uncertainty=over_scans(doubts, *axes),
    )
    return Measured(
        utility=utility,
        client_seconds=statistics.median(client_seconds),
        server_seconds=statistics.median(server.serving.seconds),
        bytes_sent=sent,
        bytes_received=received,
    )


def _again(
    client: Client, server: Server, scan: Scan, key_for: KeyFor, classes: tuple[str, ...]
) -> dict[str, float] | None:
    """Dice under a second key; None if the defense has no keys to differ in."""
    if not client.defense.randomised:
        return None
    key = key_for(scan, 1)
    return recovered_dice(client, server.serve(client.protect(scan, key)), key, scan, classes)


def _stability(pairs: list[tuple[float, float]]) -> Stability:
    ratings = np.array(pairs)
    found = agreement(ratings[~np.isnan(ratings).any(axis=1)])
    return Stability(icc=found.icc, low=found.low, high=found.high, kind=found.kind.value, n=found.n)
