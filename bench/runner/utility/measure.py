"""How well the client's recovered segmentation agrees with the reference labels."""

import statistics
from collections.abc import Sequence

import numpy as np

from bench.metrics.dice import class_map, dice, dice_of_probabilities
from bench.metrics.surface import hd95_mm
from bench.progress import Display
from bench.records.parts import Part
from bench.records.utility import CurvePoint, Utility
from bench.runner.traffic.contract import checked_probabilities
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.people import pseudonym
from bench.runner.traffic.recording import key_source
from bench.runner.utility.dial import measure_dial
from bench.runner.utility.reliability import FEWEST_KEYS, reliability
from bench.runner.utility.segmentation import average, over_people
from bench.runner.utility.tally import Tally
from bench.runner.utility.uncertainty import ScanUncertainty, over_scans, uncertainty_about
from bench.types.scan import Cohort


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
    repetitions: int = FEWEST_KEYS,
) -> Measured:
    """Send every scan under several keys and score what comes back.

    Args:
        scans: one scan per person.
        query_grid: numbers of queries at which Dice is reported; those the defense does not send are left out.
        seed: of the keys and of the bootstrap.
        repetitions: keys per scan, see `FEWEST_KEYS`; one if the defense has no keys to differ in.
    """
    classes, axes, key_for = scans.classes[1:], (seed, "utility"), key_source(client, seed)
    keys = max(repetitions, FEWEST_KEYS) if client.defense.randomised else 1
    overlap, distance, checks = Tally(), Tally(), Tally()  # Dice and HD95 by class, self-checks by name
    curve: dict[int, dict[str, list[float]]] = {}  # queries -> person -> average Dice under each key
    uncertainties: dict[str, ScanUncertainty] = {}
    sent = received = 0
    client_seconds: list[float] = []
    with display.track("segmenting scans", len(scans)) as task:
        for scan in scans:
            for repetition in range(keys):
                key = key_for(scan, repetition)
                release = client.protect(scan, key)
                reply = server.serve(release)
                answer = client.answer(reply, key)
                with client.recovering:
                    recovered = answer.recover()
                recovered = checked_probabilities(client.defense, recovered, scan, len(scans.classes)).cpu()
                predicted = class_map(recovered)
                found = dice(predicted, scan.labels, scans.classes)
                overlap.add(scan.subject, found)
                distance.add(scan.subject, hd95_mm(predicted, scan.labels, scans.classes, scans.spacing_mm))
                client_seconds.append(client.protecting.seconds[-1] + client.recovering.seconds[-1])
                sent, received = release.queries.nbytes, reply.nbytes
                for queries in query_grid:
                    if queries < len(reply):
                        part = checked_probabilities(client.defense, answer.recover(queries), scan, len(scans.classes))
                        partial = dice_of_probabilities(part.cpu(), scan.labels, scans.classes)
                        curve.setdefault(queries, {}).setdefault(scan.subject, []).append(average(partial))
                curve.setdefault(len(reply), {}).setdefault(scan.subject, []).append(average(found))
                checks.add(scan.subject, client.self_checks(scan, key))
                uncertainty = uncertainty_about(answer, recovered, scan) if repetition == 0 else None
                if uncertainty is not None:
                    uncertainties[scan.subject] = uncertainty
            task.advance(note=f"Dice {average(found):.3f}")
    whole = curve[len(reply)]
    per_class = {name: overlap.per_person(name) for name in classes}
    utility = Utility(
        dice=overlap.intervals(*axes),
        dice_average=over_people(whole, *axes, "average"),
        dice_by_key=[float(np.nanmean([values[place] for values in whole.values()])) for place in range(keys)],
        dice_per_subject={
            pseudonym(subject, client.secret): {name: per_class[name][subject] for name in classes} for subject in whole
        },
        hd95_mm=distance.intervals(*axes, "hd95"),
        dice_by_queries=[
            CurvePoint(queries=queries, dice=over_people(by_subject, *axes, "average"))
            for queries, by_subject in sorted(curve.items())
        ],
        dice_by_dial=measure_dial(client, server, scans, seed, axes, display, keys),
        stability={name: reliability(overlap.by_key(name)) for name in classes},
        uncertainty=over_scans(uncertainties, *axes),
        self_checks=checks.intervals(*axes),
    )
    return Measured(
        utility=utility,
        client_seconds=statistics.median(client_seconds),
        server_seconds=statistics.median(server.serving.seconds),
        bytes_sent=sent,
        bytes_received=received,
    )
