"""Views of attackers who run a client's code on scans of their own."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.attack import Attack
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Release, Transcript
from bench.view import AttackerView, view_for

Encode = Callable[[Tensor, np.random.Generator], Tensor]
"""From an image to its queries."""


def client_of(encode: Encode) -> Callable[[Scan, np.random.Generator], Release]:
    """The client's code as an attacker gets it."""
    return lambda scan, rng: Release(encode(scan.image, rng))


def sent(encode: Encode, victims: Cohort) -> list[Release]:
    """What the victims' scans leave the hospital as."""
    return [Release(encode(scan.image, np.random.default_rng([9, i]))) for i, scan in enumerate(victims)]


def view(attack: Attack, releases: Sequence[Release], own: Cohort, encode: Encode) -> AttackerView:
    """What the attack's card opens."""
    offers: dict[str, Any] = {"auxiliary": own, "client": client_of(encode)}
    return view_for(attack.name, attack.threat, Transcript(releases), offers, own.classes, own.spacing_mm)


def as_it_is(image: Tensor, rng: np.random.Generator) -> Tensor:
    """No defense."""
    return image[None]


def error(images: Tensor, victims: Cohort) -> float:
    """Mean squared difference."""
    return float((images - torch.stack([scan.image for scan in victims])).square().mean())
