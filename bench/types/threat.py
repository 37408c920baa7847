"""Threat models: what an attacker may see, know and own.

Source: tiers follow the speaker-anonymisation evaluations (VoicePrivacy): ignorant, lazy-informed, semi-informed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Goal(StrEnum):
    """What the attacker is after; it decides the type of claim."""

    RECONSTRUCTION = "reconstruction"
    LINKAGE = "linkage"
    LABELS = "labels"
    MEMBERSHIP = "membership"
    ATTRIBUTE = "attribute"


class Phase(StrEnum):
    """When the traffic is tapped."""

    TRAINING = "training"
    INFERENCE = "inference"


class Observes(StrEnum):
    """What the attacker sees on the wire."""

    RELEASE = "releases"
    REPLY = "replies"
    LABELS = "training_labels"


class Knows(StrEnum):
    """What the attacker knows beside the traffic."""

    KEYS = "keys"
    REFERENCE_POOL = "reference_pool"
    SERVER_WEIGHTS = "server"
    CLIENT_CODE = "client"
    TRAINING_CODE = "training"


class Owns(StrEnum):
    """What data the attacker owns."""

    AUXILIARY = "auxiliary"
    CANDIDATES = "candidates"


Grant = Observes | Knows | Owns
GRANTS: tuple[Grant, ...] = (*Observes, *Knows, *Owns)
"""Every field of the attacker's view; the value of a grant is the name of the field."""


class Tier(IntEnum):
    """Strength of the adversary. T4 is an upper bound and is never ranked."""

    IGNORANT = 0
    KNOWS_DISTRIBUTION = 1
    SEMI_INFORMED = 2
    KNOWN_PLAINTEXTS = 3
    ORACLE = 4


TIERS: Mapping[Tier, str] = {
    Tier.IGNORANT: "ignorant of the protection",
    Tier.KNOWS_DISTRIBUTION: "knows the method, not the secrets, and has scans of other people",
    Tier.SEMI_INFORMED: "runs the client's own code on scans of its own",
    Tier.KNOWN_PLAINTEXTS: "has some scans together with what was sent for them",
    Tier.ORACLE: "holds the secrets; an upper bound, never ranked",
}
LAST_RANKED_TIER = Tier.SEMI_INFORMED
"""The strongest adversary that is an outsider still; what is stronger is an upper bound and decides nothing."""
GALLERIES: Mapping[Goal, str] = {
    Goal.LINKAGE: "what was sent for other scans",
    Goal.RECONSTRUCTION: "clean scans of the patients, of other visits",
    Goal.LABELS: "true label maps of the patients, of other visits",
}
"""Among what a claim is looked up when it is judged by whom it gives away; other goals look nobody up. They are the
scorer's and open to no attack, and stand for an adversary who holds scans under patients' names."""


@dataclass(frozen=True, kw_only=True)
class ThreatModel:
    """The card of an attack.

    Attributes:
        queries: how many queries per scan the attacker may use; None for all that were sent.
    """

    tier: Tier
    phase: Phase = Phase.INFERENCE
    observes: frozenset[Observes] = frozenset()
    knows: frozenset[Knows] = frozenset()
    owns: frozenset[Owns] = frozenset()
    queries: int | None = None

    def __post_init__(self) -> None:
        if self.queries is not None and self.queries < 1:
            raise ValueError(f"queries must be >= 1 or None, got {self.queries}")
        if Knows.KEYS in self.knows and self.tier < Tier.KNOWN_PLAINTEXTS:
            raise ValueError(f"an attacker who knows keys is tier T3 or T4, got T{self.tier.value}")
        if Knows.REFERENCE_POOL in self.knows and self.tier < Tier.KNOWN_PLAINTEXTS:
            raise ValueError(f"an attacker who holds the client's references is tier T3 or T4, got T{self.tier.value}")
        if Knows.TRAINING_CODE in self.knows and self.tier < Tier.SEMI_INFORMED:
            raise ValueError(f"an attacker who runs the training code is tier T2 or above, got T{self.tier.value}")

    @property
    def grants(self) -> frozenset[str]:
        """Names of the view's fields that this card opens."""
        return frozenset(grant.value for grant in (*self.observes, *self.knows, *self.owns))
