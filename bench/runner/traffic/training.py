"""The traffic while the server is trained: mixed scans with the labels to learn from, for some training people.

Simplified: whole volumes, each sent once. In training the client sends cubes, and every place of a scan many times
under fresh keys; what is read here is therefore the least that a server could read.
"""

from typing import Any

import torch

from bench import seeds
from bench.attack import Attack
from bench.defense import Defense, SendsLabels
from bench.errors import BenchError
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import KeyFor, Traffic
from bench.types.scan import Cohort, Scan
from bench.types.threat import Goal, Phase
from bench.types.traffic import Lazy, Release, Reply, Transcript

MOST_PEOPLE = 16
"""Of how many people training traffic is recorded; each with all visits."""
CPU = torch.device("cpu")


def require_labels(attack: Attack, defense: Defense[Any]) -> None:
    """Refuse to tap a training in which nothing is known to be sent.

    Raises:
        BenchError: the defense does not say which labels it sends, or the attack is after something else.
    """
    if attack.threat.phase is not Phase.TRAINING:
        return
    if attack.goal is not Goal.LABELS:
        raise BenchError(f"{attack.name} taps the training for {attack.goal.value}; only labels are scored there")
    if not isinstance(defense, SendsLabels):
        raise BenchError(
            f"{defense.name} does not say which labels its client sends while the server is trained, so {attack.name} "
            "has nothing to read; choose a defense with `training_labels`, such as mixup-learned"
        )


def training_key_source(client: Client, train: Cohort, seed: int) -> KeyFor:
    """Keys addressed as those of test scans are, with references of other families of the training role."""
    defense = client.defense
    assert isinstance(defense, SendsLabels)

    def key(scan: Scan, repetition: int) -> Any:
        others = [other for other in train if other.family != scan.family]
        axes = (seed, "training key", client.secret, client.defense.family, scan.name, repetition)
        return defense.training_key(seeds.generator(*axes), others)

    return key


def training_traffic(client: Client, train: Cohort, seed: int, repetitions: int) -> tuple[Traffic, ...]:
    """What is sent for the scans of some training people, in an order that tells nothing, under several sets of keys.

    Protected when looked at and never kept: there are few of them.
    """
    people = set(train.subjects[:MOST_PEOPLE])
    asked = [scan for scan in train if scan.subject in people]
    order = seeds.generator(seed, "training order", client.secret).permutation(len(asked))
    scans = tuple(asked[place] for place in order)
    count = repetitions if client.defense.randomised else 1
    key_for = training_key_source(client, train, seed)
    return tuple(_sent(client, scans, len(train.classes), key_for, number) for number in range(count))


def _sent(client: Client, scans: tuple[Scan, ...], classes: int, key_for: KeyFor, repetition: int) -> Traffic:
    defense = client.defense
    assert isinstance(defense, SendsLabels)

    def release_of(index: int) -> Release:
        sent = client.protect(scans[index], key_for(scans[index], repetition))
        return Release(wire.decode(sent.queries, CPU), sent.piece)

    def labels_of(index: int) -> Reply:
        maps = defense.training_labels(scans[index].labels, key_for(scans[index], repetition), classes)
        return Reply(wire.decode(wire.encode(maps), CPU))

    labels = Lazy(len(scans), labels_of)
    return Traffic(Transcript(Lazy(len(scans), release_of), labels=labels), scans, repetition)
