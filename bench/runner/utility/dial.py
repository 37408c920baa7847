"""Utility over the whole range of the setting that trades it against hiding."""

from bench.defense import Dialled
from bench.progress import Display
from bench.records.utility import Dial, DialPoint
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import key_source
from bench.runner.utility.segmentation import average, over_people, recovered_dice
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
    """Average Dice of one query per scan at every value of the dial; None if the defense has none.

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
            dice: dict[str, list[float]] = {}
            for scan in scans:
                for repetition in range(repetitions):
                    key = key_for(scan, repetition)
                    reply = answering.serve(sender.protect(scan, key))
                    found = average(recovered_dice(sender, reply, key, scan, scans.classes))
                    dice.setdefault(scan.subject, []).append(found)
                task.advance()
            points.append(DialPoint(value=value, dice=over_people(dice, *axes, "average")))
    return Dial(name=client.defense.dial, points=points)
