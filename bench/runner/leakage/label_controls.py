"""Controls beside label maps: what the same scores make of label maps that are not an attack's work."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch.nn import functional as F

from bench.records.parts import Interval
from bench.records.privacy import Control
from bench.runner.leakage.linking import Labels, true_labels
from bench.runner.leakage.somebody_else import somebody_else
from bench.runner.traffic.recording import Traffic
from bench.types.scan import Cohort
from bench.types.traffic import Reply

MEANINGS: Mapping[str, str] = {
    "do-nothing": "the reply itself (in training: the labels that are sent): the most probable class of the mean over "
    "its queries",
    "recovered": "what the client itself recovers from the reply, with its key",
    "atlas": "the most frequent class of the attacker's own scans in place of every label map",
    "random-other": "the true labels of a random other test person in place of every label map",
    "oracle-key": "the true labels",
}


def label_controls(
    repetitions: Sequence[Traffic],
    auxiliary: Cohort,
    recovered: Sequence[Labels],
    axes: tuple[str | int, ...],
    judged: Callable[[list[Labels], tuple[str | int, ...]], Mapping[str, Interval]],
) -> dict[str, Control]:
    """Every control by name; `do-nothing` and `recovered` only where replies were recorded.

    Args:
        repetitions: the traffic under several sets of keys.
        auxiliary: the attacker's own scans.
        recovered: what the client makes of the replies, for every set of keys.
        axes: seed axes of ties and intervals.
        judged: scores label maps, one stack for every repetition or one for all, as the attack's own are scored.
    """
    truth = true_labels(repetitions[0].scans)
    stacks = {
        "do-nothing": [_answered(traffic) for traffic in repetitions if len(_maps_of(traffic))],
        "recovered": list(recovered),
        "atlas": [most_frequent(auxiliary).expand(len(truth), -1, -1, -1)],
        "random-other": [truth[order] for order in somebody_else(repetitions[0].scans)],
        "oracle-key": [truth],
    }
    return {
        name: Control(meaning=MEANINGS[name], scores=dict(judged(stack, (*axes, "control", name))))
        for name, stack in stacks.items()
        if stack
    }


def most_frequent(cohort: Cohort) -> Labels:
    """The population's label map: the most frequent class of every voxel, with an axis of length one before it."""
    counts = sum(F.one_hot(scan.labels.long(), len(cohort.classes)) for scan in cohort)
    assert isinstance(counts, torch.Tensor)
    return counts.argmax(dim=-1).to(torch.uint8)[None]


def _answered(traffic: Traffic) -> Labels:
    return torch.stack([reply.maps.mean(dim=0).argmax(dim=0).to(torch.uint8) for reply in _maps_of(traffic)])


def _maps_of(traffic: Traffic) -> Sequence[Reply]:
    return traffic.transcript.labels or traffic.transcript.replies
