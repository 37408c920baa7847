"""What speaks against a record that somebody hands in, a line each."""

import math
import statistics
from collections.abc import Iterator, Mapping
from typing import Any

from bench.defects import NAME
from bench.leaderboard.submissions.ranges import impossible
from bench.leaderboard.submissions.shipped import contradictions
from bench.records.privacy import Privacy
from bench.records.schema import PROTOCOL_VERSION, Record
from bench.types.threat import GALLERIES, Goal

FEWEST_PEOPLE = 10
"""Among the test people: with fewer, any interval spans most of what is possible."""
LONGEST_TEXT = 2000
TOLERANCE = 0.01
"""Averages over classes and over keys may be taken in either order, and people may lack a class."""
CONTROLS: Mapping[str, tuple[str, ...]] = {
    Goal.LINKAGE.value: ("do-nothing", "atlas", "random-other", "oracle-key"),
    Goal.RECONSTRUCTION.value: ("do-nothing", "atlas", "random-other", "oracle-key"),
    Goal.LABELS.value: ("atlas", "random-other", "oracle-key"),  # who sees no replies has nothing to do nothing with
    Goal.MEMBERSHIP.value: ("do-nothing",),
    Goal.ATTRIBUTE.value: ("oracle-key",),  # as with labels
}
"""Without which a score of this goal means nothing."""


def problems_of(record: Record) -> Iterator[str]:
    """Everything that can be told without running it again."""
    if record.protocol_version != PROTOCOL_VERSION:
        yield (
            f"measured under protocol {record.protocol_version}, this version has {PROTOCOL_VERSION}: "
            "run it again with the current version"
        )
    yield from senseless(record)
    yield from _names(record)
    people = record.data.subjects.get("test", 0)
    if people < FEWEST_PEOPLE:
        yield f"only {people} test people; {FEWEST_PEOPLE} at least are needed"
    yield from contradictions(record)
    yield from _utility(record)
    if record.privacy is None:
        yield f"the attack is {record.status.value} ({record.reason}): such a cell says nothing and is never ranked"
    else:
        yield from _privacy(record.privacy, record)


def senseless(record: Record) -> Iterator[str]:
    """What can be no record of any measurement, whoever made it: endless texts, and numbers out of all bounds."""
    yield from _texts(record.model_dump(mode="json"))
    yield from impossible(record)


def _names(record: Record) -> Iterator[str]:
    """Names that no plugin can have, such as one that only looks like another, and letters that nobody sees."""
    for what, name in (("defense", record.defense.name), ("attack", record.attack.name), ("data", record.data.name)):
        if not NAME.fullmatch(name):
            yield f"{what} {name!a} is no name: those are made of small letters, digits, and dashes between them"
    yield from (f"{where} holds letters that nobody sees" for where in _unseen(record.model_dump(mode="json")))


def _unseen(raw: Any, where: str = "") -> Iterator[str]:
    if isinstance(raw, str) and not all(letter.isprintable() or letter in "\n\t" for letter in raw):
        yield where
    elif isinstance(raw, dict):
        for key, value in raw.items():
            yield from _unseen(key, f"a name in {where or 'the record'}")
            yield from _unseen(value, ascii(f"{where}.{key}".lstrip("."))[1:-1])
    elif isinstance(raw, list):
        for place, value in enumerate(raw):
            yield from _unseen(value, f"{where}[{place}]")


def _texts(raw: Any, where: str = "") -> Iterator[str]:
    if isinstance(raw, str):
        if len(raw) > LONGEST_TEXT:
            yield f"{where} is a text of {len(raw)} characters; {LONGEST_TEXT} at most"
    elif isinstance(raw, dict):
        for key, value in raw.items():
            if len(key) > LONGEST_TEXT:
                yield f"a name in {where or 'the record'} has {len(key)} characters; {LONGEST_TEXT} at most"
            else:
                yield from _texts(value, f"{where}.{key}".lstrip("."))
    elif isinstance(raw, list):
        for place, value in enumerate(raw):
            yield from _texts(value, f"{where}[{place}]")


def _utility(record: Record) -> Iterator[str]:
    utility = record.utility
    stated = utility.dice_average.value
    per_person = [[one for one in found.values() if one is not None] for found in utility.dice_per_subject.values()]
    known = [statistics.fmean(found) for found in per_person if found]
    if stated is None or not known:
        yield "no Dice: a defense is ranked by what it hides and what it costs"
    elif not math.isclose(stated, statistics.fmean(known), abs_tol=TOLERANCE):
        yield f"average Dice is {stated:.3f}, the people in the record have {statistics.fmean(known):.3f}"
    if utility.dice.keys() != set(record.data.classes[1:]):
        yield f"Dice of {', '.join(utility.dice)}, the data have {', '.join(record.data.classes[1:])}"


def _privacy(privacy: Privacy, record: Record) -> Iterator[str]:
    if record.validity is None or not record.validity.leaks:
        yield "no known-answer checks: nobody knows whether the attack works at all"
    elif not record.validity.passed:
        yield "the attack missed a planted leak, and yet the record says ok"
    goal = record.attack.threat.goal
    if goal not in CONTROLS:
        yield f"nobody can score the goal {goal}"
    missing = [name for name in CONTROLS.get(goal, ()) if name not in privacy.controls]
    if missing:
        yield f"controls are missing: {', '.join(missing)}"
    if goal in GALLERIES and privacy.linkage is None:
        yield "no linkage file: the worst case over attacks cannot be told"
    headline = privacy.scores[privacy.headline]
    if headline.value.value is None:
        yield f"the headline score {privacy.headline} has no value"
    if headline.chance is None:
        yield f"the headline score {privacy.headline} comes without its chance level"
    known = [value for value in privacy.headline_by_key if value is not None]
    stated = headline.value.value
    mean = statistics.fmean(known) if known else None
    if mean is not None and stated is not None and not math.isclose(stated, mean, abs_tol=TOLERANCE):
        yield f"{privacy.headline} is {stated:.3f}, its values under every set of keys average {mean:.3f}"
