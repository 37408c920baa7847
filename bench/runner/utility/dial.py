"""Utility over the whole range of the setting that trades it against hiding."""

from bench.defense import Dialled
from bench.progress import Display
from bench.records.utility import Dial, DialPoint
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import key_source
from bench.runner.utility.reliability import reliability
from bench.runner.utility.segmentation import average, recovered_dice
from bench.runner.utility.tally import Tally
from bench.types.scan import Cohort


def measure_dial(
    client: Client,
    server: Server,
    scans: Cohort,
    seed: int,
    axes: tuple[str | int, ...],
    display: Display,
    repetitions: int,
) -> Dial | None:
    """Average Dice of one query per scan at every value of the dial, and how reliable it is; None if there is no dial.

    The keys of a scan differ in all but the dial: at a fixed alpha in the choice of references, which is what the
    test-retest reliability of Mixup-Privacy is about.

    Args:
        scans: one scan per person.
        axes: seed axes of the bootstrap.
        repetitions: keys per scan.
    """
    if not isinstance(client.defense, Dialled):
        return None
    variants = client.defense.dialled()
    points = []
    with display.track(f"turning {client.defense.dial}", len(variants) * len(scans)) as task:
        for value, defense in variants.items():
            sender = client.turned_to(defense)
            answering = Server(defense, server.network, server.device)
            key_for = key_source(sender, seed)
            overlap, whole = Tally(), Tally()
            for scan in scans:
                for repetition in range(repetitions):
                    key = key_for(scan, repetition)
                    reply = answering.serve(sender.protect(scan, key))
                    found = recovered_dice(sender, reply, key, scan, scans.classes)
                    overlap.add(scan.subject, found)
                    whole.add(scan.subject, {"average": average(found)})
                task.advance()
            points.append(
                DialPoint(
                    value=value,
                    dice=whole.intervals(*axes)["average"],
                    stability={name: reliability(overlap.by_key(name)) for name in scans.classes[1:]},
                )
            )
    return Dial(name=client.defense.dial, points=points)
