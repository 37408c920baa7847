"""The threat card of an attack, in words."""

from bench.records.entries import ThreatCard
from bench.types.threat import GALLERIES, TIERS, Goal, Phase, Tier

GOALS = {
    "linkage": "Re-identification: link scans of one person",
    "reconstruction": "Reconstruction: recover the scan itself",
    "labels": "Label recovery: learn the segmentation",
    "membership": "Membership: tell who was in the training data",
    "attribute": "Attribute inference: learn a trait of the patient",
}
_SEES = {
    "releases": "what the hospital sends",
    "replies": "what the server answers",
    "training_labels": "the labels that the server learns from",
}
_KNOWS = {
    "keys": "the client's secret keys",
    "reference_pool": "the client's pool of reference scans",
    "server": "the server's network weights",
    "client": "the client's code, with its trained network if it has one: it may send scans of its own through it",
    "training": "the code that trained the server",
}
_OWNS = {"auxiliary": "scans of other people", "candidates": "scans of the people it asks about"}


def goal_in_words(goal: str, phase: str = Phase.INFERENCE) -> str:
    """What the attacker is after, and of whom if it is not the test people; an unknown goal stands as in the record."""
    whose = ", of people trained on" if phase == Phase.TRAINING else ""
    return GOALS.get(goal, goal) + whose


def card_in_words(card: ThreatCard) -> list[tuple[str, str]]:
    """The card as (term, meaning) pairs."""
    queries = "every query that was sent for a scan" if card.queries is None else f"{card.queries} per scan at most"
    return [
        ("Goal", goal_in_words(card.goal)),
        ("Strength", f"T{card.tier}: {TIERS[Tier(card.tier)]}"),
        ("Phase", f"taps the traffic during {card.phase}"),
        ("Sees", _listed(card.observes, _SEES)),
        ("Knows", _listed(card.knows, _KNOWS)),
        ("Owns", _listed(card.owns, _OWNS)),
        ("Queries", queries),
        *([("Judged by looking it up among", GALLERIES[Goal(card.goal)])] if card.goal in GALLERIES else []),
    ]


def _listed(names: list[str], words: dict[str, str]) -> str:
    return "; ".join(words.get(name, name) for name in sorted(names)) or "nothing"
