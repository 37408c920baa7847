"""What an attack made of one release, beside the truth (Fig. 4 of the paper)."""

from typing import Any

from torch import Tensor

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
        Panel(f"sent (first query){_weight(key)}", traffic.transcript.releases[first].queries[0, 0], is_label=False),
        Panel("reconstruction", claim.images[0, 0].clamp(0, 1), is_label=False),
    ]
    shown = [Panel(title, volume, is_label=False) for title, volume in claim.shown.items()]
    return [truth, *(shown[start : start + COLUMNS] for start in range(0, len(shown), COLUMNS))]


def _weight(key: Any) -> str:
    """The target's weight in the first query, where the key has one for the whole scan."""
    alpha = getattr(key, "alpha", None)
    if not isinstance(alpha, Tensor) or len(alpha) == 0 or float(alpha[0].min()) != float(alpha[0].max()):
        return ""
    return f", alpha {float(alpha[0].min()):.2f}"
