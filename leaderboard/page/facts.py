"""What the details of a cell state, line by line."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.numbers import DASH, bounds, finite, fixed
from bench.records.parts import Interval
from bench.records.privacy import Confound, LeakCurve, Privacy, Residual, Validity
from bench.records.score_names import shown

CONTROL_ORDER = ("do-nothing", "amplified", "atlas", "random-other", "recovered", "oracle-key")
LEAKS: Mapping[str, str] = {
    "identity": "the scan itself",
    "alpha-0.95": "a mixture that is 95 % target",
    "one-reference": "an even mixture with one reference for everyone",
    "linear-encoder": "one fixed random filter for everyone",
    "by-heart": "a server that knows its training scans by heart",
    "never-seen": "a server that saw nobody of them",
    "one-brain": "one stranger's scan for everyone",
}


NOTHING_THERE = frozenset({"never-seen", "one-brain"})
"""The known answers in which there is nothing to find."""


@dataclass(frozen=True)
class Fact:
    """One line.

    Attributes:
        detail: small print beside the value.
        meaning: small print below the term.
    """

    term: str
    value: str
    detail: str = ""
    meaning: str = ""


def interval_fact(term: str, interval: Interval | None, detail: str = "", meaning: str = "") -> Fact:
    """A number with its interval, or a dash."""
    if interval is None or finite(interval.value) is None:
        return Fact(term, DASH, detail, meaning)
    return Fact(term, fixed(interval.value, 3), f"{bounds(interval)} {detail}".strip(), meaning)


def check_facts(validity: Validity) -> list[Fact]:
    """Every planted leak, whether the attack found it, and its score there."""
    facts = []
    for name, leak in validity.leaks.items():
        there, not_there = ("nothing found", "found something") if name in NOTHING_THERE else ("found", "missed")
        found = there if leak.passed else not_there
        meaning = " – ".join(text for text in (LEAKS.get(name, ""), leak.reason or "") if text)  # noqa: RUF001
        if leak.score is None:
            facts.append(Fact(name, found, "no score", meaning))
            continue
        score = leak.score
        detail = f"{fixed(score.value.value, 3)} {bounds(score.value)} chance {fixed(score.chance, 3)}"
        facts.append(Fact(name, found, detail, meaning))
    return facts


def control_facts(entry: Entry) -> list[Fact]:
    """The headline of the attack, of chance and of every control; empty unless the cell is OK."""
    privacy, headline = entry.privacy, entry.headline
    if privacy is None or headline is None:
        return []
    known = {name: place for place, name in enumerate(CONTROL_ORDER)}
    names = sorted(privacy.controls, key=lambda name: (known.get(name, len(known)), name))
    return [
        interval_fact("this attack", headline.value, meaning=shown(privacy.headline)),
        Fact("chance", fixed(headline.chance, 3), meaning="an attacker who guesses"),
        *(interval_fact(name, entry.control(name), meaning=privacy.controls[name].meaning) for name in names),
    ]


def trait_facts(privacy: Privacy) -> list[Fact]:
    """Every trait's own scores, beside a guess."""
    return [
        interval_fact(shown(name), score.value, f"{fixed(score.chance, 3)} is a guess")
        for name, score in privacy.scores.items()
        if name != privacy.headline
    ]


def residual_facts(residual: Residual | None) -> list[Fact]:
    """What is found of people beyond what is found of strangers, and how it is spread over people."""
    if residual is None:
        return []
    return [
        interval_fact("excess over strangers", residual.excess, meaning="(attack - strangers) / (1 - strangers)"),
        Fact("strangers", fixed(residual.control, 3), meaning="the same attack on people who were never there"),
        Fact("mean over people", fixed(residual.mean, 3)),
        Fact("95th percentile", fixed(residual.p95, 3)),
        Fact("maximum", fixed(residual.maximum, 3), meaning="the person who is hidden worst"),
    ]


def confound_facts(confound: Confound | None) -> list[Fact]:
    """Whether the attack would follow the patient, or the reference or other secret, if two releases shared one."""
    if confound is None:
        why = "not asked of attacks like this; or two keys give one release, or nobody has two visits"
        return [Fact("same key preferred", DASH, why)]
    meaning = (
        "people for whom somebody else under the same key looks more alike than they do under another key; no key is "
        "used twice here, so this takes nothing off the scores above"
    )
    failed = "" if confound.reason is None else f"the attack failed here: {confound.reason}"
    return [interval_fact("same key preferred", confound.reference_preferred, failed, meaning)]


def lost_facts(*curves: LeakCurve | None) -> list[Fact]:
    """Where an attack failed along a curve; too few points may be left to draw it."""
    return [
        Fact(f"{curve.along[:40]} {point.at:g}", DASH, "the attack failed here", point.reason)
        for curve in curves
        if curve is not None
        for point in curve.points
        if point.reason is not None
    ]
