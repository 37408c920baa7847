"""Training without one fold, and the Dice on it."""

from statistics import fmean
from typing import Any

import numpy as np

from bench.defense import Defense
from bench.errors import DivergedError
from bench.progress import Display
from bench.records.tuning import FoldScore
from bench.runner.traffic.contract import checked_networks, held_to
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import key_source
from bench.runner.tuning.folds import Fold
from bench.runner.utility.segmentation import average, average_over_keys, recovered_dice
from bench.trainer.loop import FabricTrainer
from bench.trainer.seeding import seeded_torch


def score_fold(
    defense: Defense[Any], fold: Fold, trainer: FabricTrainer, secret: str, repetitions: int, display: Display
) -> FoldScore:
    """Fit on the fold's training part, and send one scan of everybody in the other part.

    Keys take their references from the training part. A training that diverges has no score.

    Args:
        secret: what keys are drawn from beside the seed, see `bench.data.roles.data_secret`.
        repetitions: keys per scan; one if the defense has none.

    Raises:
        InterruptedTraining: stopped from outside; the same call continues.
    """
    people = fold.held_out.first_visits()
    try:
        with seeded_torch(*trainer.axes), held_to(defense, "fit"):
            networks = checked_networks(defense, defense.fit(fold.fit, trainer))
    except DivergedError as error:
        return FoldScore(dice=None, people=len(people), reason=str(error))
    client = Client(defense, networks.client, fold.fit.first_visits().scans, trainer.device, secret)
    server = Server(defense, networks.server, trainer.device)
    key_for = key_source(client, int(trainer.axes[0]))
    found: dict[str, list[float]] = {}
    with display.track("segmenting the fold", len(people)) as task:
        for scan in people:
            for repetition in range(repetitions if defense.randomised else 1):
                key = key_for(scan, repetition)
                reply = server.serve(client.protect(scan, key))
                dice = average(recovered_dice(client, reply, key, scan, people.classes))
                found.setdefault(scan.subject, []).append(dice)
            task.advance()
    known = [value for value in average_over_keys(found).values() if not np.isnan(value)]
    return FoldScore(
        dice=fmean(known) if known else None,
        people=len(people),
        reason=None if known else "nobody in the fold has a labelled voxel",
    )
