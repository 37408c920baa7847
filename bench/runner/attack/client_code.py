"""The defense's client code in an attacker's hands: keys from the attacker's own scans, and over the same wire."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from bench.defense import Defense
from bench.runner.attack.own_pool import own_pool
from bench.runner.traffic import wire
from bench.runner.traffic.parties import Client
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Release

OwnReleases = Callable[[Scan, Cohort, np.random.Generator], Release]
"""Protects a scan with a pool made of these people of the attacker's own."""


def client_code(defense: Defense[Any], network: nn.Module, references: int, device: torch.device) -> OwnReleases:
    """What the client does to a scan.

    Args:
        network: the client's.
        references: how many the hospital holds; the attacker's pool is as large.
    """

    def protect(scan: Scan, own: Cohort, rng: np.random.Generator) -> Release:
        client = Client(defense, network, own_pool(own, references, scan.family), device)
        sent = client.protect(scan, client.draw_key(rng))
        return Release(wire.decode(sent.queries, torch.device("cpu")), sent.piece)

    return protect
