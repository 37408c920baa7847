"""Controls beside a linkage score: what a fixed yardstick links in pictures that are not an attack's work.

A score means something only between the rows below it. The yardstick is MS-SSIM for every attack, so controls of one
cohort compare, and they cost next to nothing.
"""

from collections.abc import Callable, Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from bench import seeds
from bench.defense import Amplified
from bench.metrics.msssim import MsSsimSettings, levels_for
from bench.metrics.pairwise_msssim import ms_ssim_matrix
from bench.records.privacy import Control
from bench.runner.leakage.scores import linkage_scores
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import KeyFor, Traffic
from bench.types.claim import Linkage
from bench.types.scan import Cohort

WINDOW = 7
Pictures = Float[Tensor, "scan channel depth height width"]

MEANINGS: Mapping[str, str] = {
    "do-nothing": "the release itself, its queries averaged",
    "amplified": "the release divided by the weight of the target (x_mix / alpha); takes the key",
    "atlas": "the mean of the attacker's own scans in place of every release",
    "random-other": "the clean scan of a random test person in place of every release",
    "oracle-key": "the clean scan, as whoever holds the whole key sees it",
}

KEYED = frozenset({"do-nothing", "amplified"})
"""Controls that look at releases, which depend on the keys."""


def linkage_controls(
    client: Client, repetitions: Sequence[Traffic], auxiliary: Cohort, key_for: KeyFor, axes: tuple[str | int, ...]
) -> dict[str, Control]:
    """Every control by name; `amplified` only where the defense attenuates.

    Args:
        client: who sent the traffic.
        repetitions: the traffic under several sets of keys; controls that do not depend on keys take the first.
        auxiliary: the attacker's own scans.
        axes: seed axes of the random choice, ties and intervals.
    """
    found = {}
    per_repetition = [_pictures(client, traffic, auxiliary, key_for, axes) for traffic in repetitions]
    for name in per_repetition[0]:
        drawn = per_repetition if name in KEYED else per_repetition[:1]
        claims = [Linkage(_yardstick(pictures[name](), client.device)) for pictures in drawn]
        scores = linkage_scores(claims, repetitions[0].scans, (*axes, "control", name))
        found[name] = Control(meaning=MEANINGS[name], scores={score: found.value for score, found in scores.items()})
    return found


def _pictures(
    client: Client, traffic: Traffic, auxiliary: Cohort, key_for: KeyFor, axes: tuple[str | int, ...]
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

    def random_other() -> Pictures:
        order = seeds.generator(*axes, "control", "random other").permutation(len(scans))
        return torch.stack([_as_sent(scans[int(index)].image) for index in order])

    pictures: dict[str, Callable[[], Pictures]] = {
        "do-nothing": lambda: torch.stack([release.queries.mean(dim=0) for release in releases]),
        "amplified": amplified,
        "atlas": lambda: torch.stack([scan.image for scan in auxiliary]).mean(dim=0).expand(len(scans), -1, -1, -1, -1),
        "random-other": random_other,
        "oracle-key": lambda: torch.stack([_as_sent(scan.image) for scan in scans]),
    }
    if not isinstance(client.defense, Amplified):
        del pictures["amplified"]
    return pictures


def _as_sent(image: Float[Tensor, "1 depth height width"]) -> Float[Tensor, "1 depth height width"]:
    return wire.decode(wire.encode(image), torch.device("cpu"))


def _yardstick(pictures: Pictures, device: torch.device) -> Float[Tensor, "scan scan"]:
    """MS-SSIM of every pair, averaged over channels."""
    depth, height, width = pictures.shape[2:]
    settings = MsSsimSettings(window=WINDOW, levels=levels_for((depth, height, width), WINDOW))
    channels = [channel.contiguous().to(device) for channel in torch.split(pictures, 1, dim=1)]
    return torch.stack([ms_ssim_matrix(channel, settings).cpu() for channel in channels]).mean(dim=0)
