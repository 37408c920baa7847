"""How well label maps agree with the truth, and with what the client itself got, in the form of the record."""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import torch
from jaxtyping import UInt8
from torch import Tensor

from bench.metrics.dice import dice
from bench.metrics.people_means import grouped, mean_over_people
from bench.records.parts import NOT_MEASURED, Interval
from bench.records.privacy import Score
from bench.runner.leakage.linking import Labels
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import KeyFor, Traffic
from bench.types.claim import Claim, LabelMaps
from bench.types.key import labels_in
from bench.types.scan import Scan

DICE = "dice"
"""Mean over the foreground classes; `dice_NAME` of one class."""
DICE_RECOVERED = "dice_recovered"
"""The same mean, against what the client makes of the reply instead of the truth."""
DICE_EITHER = "either_dice"
"""Against the target or its reference in training traffic."""


def overlap(
    repetitions: Sequence[Labels],
    scans: Sequence[Scan],
    classes: Sequence[str],
    recovered: Sequence[Labels],
    axes: tuple[str | int, ...],
) -> dict[str, Interval]:
    """Dice against the truth, mean over foreground classes and class by class; means over scans and keys.

    Args:
        repetitions: label maps for every set of keys, in the order of the scans.
        classes: names by index, background first.
        recovered: what the client recovers under every set of keys; empty where no reply was recorded.
        axes: seed axes of the intervals.
    """
    truth = [scan.labels for scan in scans]
    found = [[dice(own, true, classes) for own, true in zip(maps.cpu(), truth, strict=True)] for maps in repetitions]
    names = {name: f"{DICE}_{name}" for name in classes[1:]}
    values = {DICE: [[_mean(scan) for scan in one] for one in found]}
    values |= {shown: [[scan[name] for scan in one] for one in found] for name, shown in names.items()}
    if recovered:
        values[DICE_RECOVERED] = [
            [_mean(dice(own, other, classes)) for own, other in zip(maps.cpu(), client, strict=True)]
            for maps, client in _side_by_side(repetitions, recovered)
        ]
    people = [scan.subject for scan in scans]
    return {name: _over_people(people, by_key, (*axes, name)) for name, by_key in values.items()}


def either_of_two(
    claims: Sequence[Claim], repetitions: Sequence[Traffic], key_for: KeyFor, axes: tuple[str | int, ...]
) -> dict[str, Score]:
    """Dice with the target's or the only reference's labels, whichever is closer, chosen with the truth in hand.

    Of one mixture both label maps can be read and not whose is which: with alpha < 1/2 what looks like the target is
    another training person. Empty where keys hold no labels of a single reference.

    Args:
        claims: one for every repetition.
        repetitions: the traffic under several sets of keys.
        axes: seed axes of the interval.
    """
    scans, values = repetitions[0].scans, []
    for claim, traffic in zip(claims, repetitions, strict=True):
        assert isinstance(claim, LabelMaps)
        row = []
        for own, scan in zip(claim.labels, scans, strict=True):
            other = labels_in(key_for(scan, traffic.repetition))
            if other is None or len(other) != 1:
                return {}
            classes = [str(label) for label in range(1 + int(max(own.max(), scan.labels.max(), other.max())))]
            row.append(max(_mean(dice(own, truth, classes)) for truth in (scan.labels, other[0])))
        values.append(row)
    found = _over_people([scan.subject for scan in scans], values, (*axes, DICE_EITHER))
    return {DICE_EITHER: Score(value=found, chance=None)}


def recovered_labels(client: Client, repetitions: Sequence[Traffic], key_for: KeyFor) -> tuple[Labels, ...]:
    """What the client itself makes of every reply; empty where replies were not recorded."""
    return tuple(
        torch.stack(
            [
                recovered_map(client, traffic, place, key_for(scan, traffic.repetition))
                for place, scan in enumerate(traffic.scans)
            ]
        )
        for traffic in repetitions
        if len(traffic.transcript.replies)
    )


def recovered_map(client: Client, traffic: Traffic, place: int, key: Any) -> UInt8[Tensor, "depth height width"]:
    """The same for one reply."""
    reply = wire.encode(traffic.transcript.replies[place].maps)
    return client.recover(reply, key).argmax(dim=0).to("cpu", torch.uint8)


def _side_by_side(repetitions: Sequence[Labels], recovered: Sequence[Labels]) -> list[tuple[Labels, Labels]]:
    """Maps of every set of keys with what the client recovers under it; maps that know no keys, with every set's."""
    if len(repetitions) == len(recovered):
        return list(zip(repetitions, recovered, strict=True))
    return list(product(repetitions, recovered))


def _mean(scores: dict[str, float]) -> float:
    """Over the classes that are in either map; NaN if there is none."""
    known = [value for value in scores.values() if not math.isnan(value)]
    return math.fsum(known) / len(known) if known else math.nan


def _over_people(people: Sequence[str], by_key: Sequence[Sequence[float]], axes: tuple[str | int, ...]) -> Interval:
    """Scans that have no value under some set of keys are left out; null if nothing is left."""
    kept = [place for place in range(len(people)) if not any(math.isnan(values[place]) for values in by_key)]
    if not kept:
        return NOT_MEASURED
    names = [people[place] for place in kept]
    return Interval.of(
        mean_over_people([grouped(names, [values[place] for place in kept]) for values in by_key], *axes)
    )
