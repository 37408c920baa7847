"""Controls beside a score: what a fixed yardstick makes of pictures that are not an attack's work.

A score means something only between the rows below it. The yardstick is MS-SSIM for every attack, so controls of one
cohort compare, and they cost next to nothing.
"""

from collections.abc import Callable, Mapping, Sequence

import torch

from bench.defense import Amplified
from bench.records.parts import Interval
from bench.records.privacy import Control
from bench.runner.leakage.linking import Pictures, as_sent
from bench.runner.leakage.somebody_else import somebody_else
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import KeyFor, Traffic
from bench.types.scan import Cohort

MEANINGS: Mapping[str, str] = {
    "do-nothing": "the release itself, its queries averaged",
    "magnitude": "the release without its signs, its queries averaged; where some values are negative",
    "amplified": "the release divided by the weight of the target (x_mix / alpha); takes the key",
    "atlas": "the mean of the attacker's own scans in place of every release",
    "random-other": "the clean scan of a random other test person in place of every release",
    "oracle-key": "the clean scan, as whoever holds the whole key sees it",
}

KEYED = frozenset({"do-nothing", "magnitude", "amplified"})
"""Controls that look at releases, which depend on the keys."""


def controls(
    client: Client,
    repetitions: Sequence[Traffic],
    auxiliary: Cohort,
    key_for: KeyFor,
    axes: tuple[str | int, ...],
    judged: Callable[[list[Pictures], tuple[str | int, ...]], Mapping[str, Interval]],
) -> dict[str, Control]:
    """Every control by name; `amplified` only where the defense attenuates, `magnitude` only where there are signs.

    Args:
        client: who sent the traffic.
        repetitions: the traffic under several sets of keys; controls that do not depend on keys take the first.
        auxiliary: the attacker's own scans.
        axes: seed axes of ties and intervals.
        judged: scores pictures, any number of stacks, as the attack's own are scored.
    """
    found: dict[str, list[Pictures]] = {}
    per_repetition = [_pictures(client, traffic, auxiliary, key_for) for traffic in repetitions]
    sent = (release for traffic in repetitions for release in traffic.transcript.releases)
    if not any(bool((release.queries < 0).any()) for release in sent):
        for pictures in per_repetition:
            del pictures["magnitude"]
    for name in per_repetition[0]:
        drawn = per_repetition if name in KEYED else per_repetition[:1]
        found[name] = [pictures[name]() for pictures in drawn]
    scans = repetitions[0].scans
    found["random-other"] = [torch.stack([as_sent(scans[at].image) for at in order]) for order in somebody_else(scans)]
    return {
        name: Control(meaning=MEANINGS[name], scores=dict(judged(stacks, (*axes, "control", name))))
        for name, stacks in found.items()
    }


def _pictures(
    client: Client, traffic: Traffic, auxiliary: Cohort, key_for: KeyFor
) -> dict[str, Callable[[], Pictures]]:
    releases, scans = traffic.transcript.releases, traffic.scans

    def amplified() -> Pictures:
        defense = client.defense
        assert isinstance(defense, Amplified)
        return torch.stack(
            [
                defense.amplified(release, key_for(scan, traffic.repetition))
                for release, scan in zip(releases, scans, strict=True)
            ]
        )

    pictures: dict[str, Callable[[], Pictures]] = {
        "do-nothing": lambda: torch.stack([release.queries.mean(dim=0) for release in releases]),
        "magnitude": lambda: torch.stack([release.queries.abs().mean(dim=0) for release in releases]),
        "amplified": amplified,
        "atlas": lambda: torch.stack([scan.image for scan in auxiliary]).mean(dim=0).expand(len(scans), -1, -1, -1, -1),
        "oracle-key": lambda: torch.stack([as_sent(scan.image) for scan in scans]),
    }
    if not isinstance(client.defense, Amplified):
        del pictures["amplified"]
    return pictures
