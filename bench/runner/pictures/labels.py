"""The label map that an attack read from one release, beside the truth and beside what the client got."""

from typing import Any

from bench.defense import Panel
from bench.runner.leakage.overlap import recovered_map
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic
from bench.types.claim import LabelMaps
from bench.types.key import labels_in


def label_panels(claim: LabelMaps, client: Client, traffic: Traffic, key: Any) -> list[list[Panel]]:
    """The first release: the scan and its labels, what was sent and answered, what attacker and client make of it.

    Args:
        key: of the first release.
    """
    scan, transcript = traffic.scans[0], traffic.transcript
    row = [
        Panel("target", scan.image[0], is_label=False),
        Panel("truth", scan.labels, is_label=True),
        Panel("sent (first query)", transcript.releases[0].queries[0, 0], is_label=False),
    ]
    if len(transcript.replies):
        answer = transcript.replies[0].maps[0].argmax(dim=0)
        row.append(Panel("server's map (first query)", answer, is_label=True))
        row.append(Panel("what the client recovers", recovered_map(client, traffic, 0, key), is_label=True))
    mixed_with = labels_in(key)
    if len(transcript.labels) and mixed_with is not None:  # of one mixture the decoded map may be its own
        row.append(Panel("truth of its reference", mixed_with[0], is_label=True))
    return [[*row, Panel("what the attack decodes", claim.labels[0], is_label=True)]]
