"""What an attack asserts; a claim is scored by the suite, never by the attack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jaxtyping import Float, UInt8
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Linkage:
    """How strongly the attacker believes that two releases show the same person.

    Attributes:
        scores: larger = more likely the same person; the diagonal is ignored.
        details: what the attack wants to stand in the record (JSON values), such as settings it chose itself.
        probes: the rows that mean something, where a costly attack was let at some releases only; None for all. The
            suite's to say, never the attack's.
    """

    scores: Float[Tensor, "probe candidate"]
    details: Mapping[str, Any] = field(default_factory=dict)
    probes: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """The attacker's guess of the clean image behind every wanted release, values in [0, 1].

    Attributes:
        images: in the order of `AttackerView.wanted`.
        shown: further volumes of the first one for the picture beside the record, by title, such as other restarts or
            the guess of a reference.
        details: as in `Linkage`.
        others: the guess of what each image was mixed with, if there is one: scored as Jayaram and Thickstun do, by
            whichever of the two is closer to the truth.
        filters: what is correlated with the clean scans instead of comparing `images` with them by MS-SSIM, where that
            tells more: the larger the correlation of filter and scan, the likelier the person. Any scale.
        traces: what more of something buys, by its name (such as `calls`): the first few images at each of `along`.
        along: how much of it, rising; one number for every point of the trace of that name.
    """

    images: Float[Tensor, "scan 1 depth height width"]
    shown: Mapping[str, Float[Tensor, "depth height width"]] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
    others: Float[Tensor, "scan 1 depth height width"] | None = None
    filters: Float[Tensor, "scan 1 depth height width"] | None = None
    traces: Mapping[str, Float[Tensor, "_point _traced 1 depth height width"]] = field(default_factory=dict)
    along: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class LabelMaps:
    """The attacker's guess of every label map, in the order of the releases.

    Class indices, not probabilities: Dice looks at the most probable class alone, and indices take a byte a voxel where
    soft maps take four for every class.

    Attributes:
        labels: class index per voxel, 0 = background.
        details: as in `Linkage`.
    """

    labels: UInt8[Tensor, "scan depth height width"]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Membership:
    """How strongly the attacker believes that the server was trained on every candidate, in their order.

    Attributes:
        scores: larger = more likely trained on; any scale, for only the order counts.
        details: as in `Linkage`.
    """

    scores: Float[Tensor, " candidate"]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Attribute:
    """What the attacker predicts of the person behind every release, in their order.

    Attributes:
        predicted: one number a release for every trait it predicts, of those in `bench.types.traits.TRAITS`: `age` in
            years, `sex` on any scale, larger = more likely male.
        details: as in `Linkage`.
    """

    predicted: Mapping[str, Float[Tensor, " scan"]]
    details: Mapping[str, Any] = field(default_factory=dict)


Claim = Linkage | Reconstruction | LabelMaps | Membership | Attribute

Repeated = Linkage | Sequence[Linkage]
"""One linkage of the scans, or one for every repetition of the traffic under fresh keys."""


def each(linkages: Repeated) -> tuple[Linkage, ...]:
    """The linkages, one for every repetition.

    Raises:
        ValueError: there is none.
    """
    found = (linkages,) if isinstance(linkages, Linkage) else tuple(linkages)
    if not found:
        raise ValueError("got no linkage; at least one is needed")
    return found
