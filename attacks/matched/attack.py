"""What attacks by matched filter share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bench.attack import Attack
from bench.types.threat import Observes, Owns, ThreatModel, Tier


@dataclass(frozen=True, kw_only=True)
class MatchedFilter(Attack):
    """Sees all queries of every release and owns scans of others.

    Attributes:
        whiten: principal components of the attacker's scans whose variance is evened out; 0 for none, and at most half
            as many as there are scans.
        reject_spread: leave out the directions in which queries of one release differ, if they are fewer than the
            releases. More of them cannot be references alone: with an alpha for each query, patients are among them.
    """

    source: ClassVar[str] = "matched filter; Turk and Pentland 1991; Solomonoff et al. 2005"
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"smoke": {"whiten": 5}}

    whiten: int = 10
    reject_spread: bool = True

    def __post_init__(self) -> None:
        if self.whiten < 0:
            raise ValueError(f"whiten must be >= 0, got {self.whiten}")
