"""What an attack made of one release, beside the truth (Fig. 4 of the paper)."""

from typing import Any

from bench.defense import Concealing, Panel
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import Traffic
from bench.types.claim import Reconstruction

COLUMNS = 5


def reconstruction_panels(claim: Reconstruction, client: Client, traffic: Traffic, key: Any) -> list[list[Panel]]:
    """The first wanted release: truth and mixture above, what the attack shows below.

    Args:
        key: of that release.
    """
    first = 0 if traffic.wanted is None else traffic.wanted[0]
    defense = client.defense
    hidden = defense.concealed(key) if isinstance(defense, Concealing) else {}
    truth = [
        Panel("target", traffic.scans[first].image[0], is_label=False),
        *(Panel(title, volume, is_label=False) for title, volume in list(hidden.items())[: COLUMNS - 3]),
        Panel("sent (first query)", traffic.transcript.releases[first].queries[0, 0], is_label=False),
        Panel("reconstruction", claim.images[0, 0].clamp(0, 1), is_label=False),
    ]
    shown = [Panel(title, volume, is_label=False) for title, volume in claim.shown.items()]
    return [truth, *(shown[start : start + COLUMNS] for start in range(0, len(shown), COLUMNS))]
