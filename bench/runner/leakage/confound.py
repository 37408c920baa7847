"""The reference confound of a linkage: how far would a secret that two releases share outweigh the patient?

In the traffic every scan has a key of its own, so there a secret can only hide the patient. What is measured here is
what a hospital would risk that uses a key twice.
"""

from collections.abc import Callable
from dataclasses import replace

import torch

from bench.attack import Attack
from bench.metrics.intervals import wilson
from bench.records.parts import NOT_MEASURED, Interval
from bench.records.privacy import Confound
from bench.runner.attack.attacking import Verdict
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import KeyFor, Traffic
from bench.types.claim import Linkage
from bench.types.scan import Scan
from bench.types.threat import Goal, Knows, Observes
from bench.types.traffic import Lazy, Release, Transcript


def reference_confound(
    attempt: Callable[[Traffic], Verdict], attack: Attack, client: Client, traffic: Traffic, key_for: KeyFor
) -> Confound | None:
    """Send another person's scan under everybody's key, and ask which looks more alike: that, or the own other visit.

    None where two keys give the same release, where fewer than two people have two visits, for attacks that do not
    link releases, and for those that see more than the releases of a scan: these extra releases have no replies, and
    their keys are borrowed. Where the attack fails on them, the reason stands in place of the number.
    """
    threat = attack.threat
    if attack.goal is not Goal.LINKAGE or Observes.REPLY in threat.observes or Knows.KEYS in threat.knows:
        return None
    people: dict[str, list[int]] = {}
    for index, scan in enumerate(traffic.scans):
        people.setdefault(scan.subject, []).append(index)
    repeated = {person: found for person, found in people.items() if len(found) > 1}
    if not client.defense.randomised or len(repeated) < 2:
        return None
    names = sorted(repeated)
    own = [traffic.scans[repeated[name][0]] for name in names]
    others = [own[(place + 1) % len(own)] for place in range(len(own))]
    sent = [client.protect(other, key_for(scan, traffic.repetition)) for scan, other in zip(own, others, strict=True)]
    verdict = attempt(
        _with(traffic, [Release(wire.decode(s.queries, torch.device("cpu")), s.piece) for s in sent], others)
    )
    if not isinstance(verdict.claim, Linkage):
        return Confound(reference_preferred=NOT_MEASURED, reason=verdict.reason)
    scores, first_extra = verdict.claim.scores, len(traffic.scans)
    other = [float(scores[repeated[name][0], first_extra + place]) for place, name in enumerate(names)]
    same = [float(scores[repeated[name][0], repeated[name][1]]) for name in names]
    preferred = sum((a > b) + (a == b) / 2 for a, b in zip(other, same, strict=True))
    return Confound(reference_preferred=Interval.of(wilson(preferred, len(names))))


def _with(traffic: Traffic, extra: list[Release], scans: list[Scan]) -> Traffic:
    """The traffic with more releases at its end."""
    before = traffic.transcript.releases

    def release_of(index: int) -> Release:
        return before[index] if index < len(before) else extra[index - len(before)]

    releases = Lazy(len(before) + len(extra), release_of)
    return replace(traffic, transcript=Transcript(releases), scans=(*traffic.scans, *scans))
