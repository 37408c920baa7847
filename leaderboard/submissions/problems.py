"""What speaks against a record that somebody hands in, a line each."""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from bench.defects import NAME
from bench.leaderboard.submissions.bundle import MOST_FILES, most_bytes
from bench.leaderboard.submissions.commands import another_cell, no_command
from bench.leaderboard.submissions.ranges import impossible
from bench.leaderboard.submissions.shipped import contradictions
from bench.leaderboard.submissions.texts import marked_up, too_long, unseen
from bench.records.goals import HEADLINES, LOWER_IS_WORSE, scores_of
from bench.records.privacy import Privacy, Score
from bench.records.schema import PROTOCOL_VERSION, Record
from bench.types.threat import GALLERIES, Goal

FEWEST_PEOPLE = 10
"""Among the test people: with fewer, any interval spans most of what is possible."""
TOLERANCE = 0.01
"""Averages over classes and over keys may be taken in either order."""
RARE = 0.3
"""A Dice below may be of a class that somebody lacks: nothing, wherever the answer has it under some key."""
TOLERANCE_OF_RARE_CLASSES = 0.1
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
    yield from another_cell(record)
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
    """What can be no record of any measurement, whoever made it: texts, numbers and pictures that no run writes."""
    raw = record.model_dump(mode="json")
    yield from too_long(raw)
    yield from marked_up(raw)
    yield from no_command(record)
    yield from _pictures(record.pictures)
    yield from impossible(record)


def _pictures(names: Sequence[str]) -> Iterator[str]:
    """A page embeds them, each as often as it is named."""
    if len(names) > MOST_FILES:
        yield f"{len(names)} pictures; {MOST_FILES} at most"
    strange = [name for name in names if not name.endswith(".png") or most_bytes(name) is None]
    if strange:
        yield f"picture {strange[0][:100]!a} is no plain name of a PNG file"
    if len(set(names)) < len(names):
        yield "a picture is named twice"


def _names(record: Record) -> Iterator[str]:
    """Names that no plugin can have, such as one that only looks like another, and letters that nobody sees."""
    for what, name in (("defense", record.defense.name), ("attack", record.attack.name), ("data", record.data.name)):
        if not NAME.fullmatch(name):
            yield f"{what} {name!a} is no name: those are made of small letters, digits, and dashes between them"
    yield from unseen(record.model_dump(mode="json"))


def _utility(record: Record) -> Iterator[str]:
    utility = record.utility
    stated = utility.dice_average.value
    per_person = [[one for one in found.values() if one is not None] for found in utility.dice_per_subject.values()]
    known = [statistics.fmean(found) for found in per_person if found]
    if stated is None or not known:
        yield "no Dice: a defense is ranked by what it hides and what it costs"
    elif not math.isclose(stated, statistics.fmean(known), abs_tol=_of_dice(per_person)):
        yield f"average Dice is {stated:.3f}, the people in the record have {statistics.fmean(known):.3f}"
    if utility.dice.keys() != set(record.data.classes[1:]):
        yield f"Dice of {', '.join(utility.dice)}, the data have {', '.join(record.data.classes[1:])}"


def _of_dice(per_person: Sequence[Sequence[float]]) -> float:
    """More where somebody may lack a class under some keys: averages over classes and keys then depend on the order."""
    most = max(map(len, per_person))
    whole = all(len(found) == most and min(found) > RARE for found in per_person)
    return TOLERANCE if whole else TOLERANCE_OF_RARE_CLASSES


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
    yield from _scores(privacy, record)
    headline = privacy.scores[privacy.headline]
    if headline.value.value is None:
        yield f"the headline score {privacy.headline} has no value"
    if headline.chance is None:
        yield f"the headline score {privacy.headline} comes without its chance level"
    if privacy.by_queries is not None and privacy.by_queries.points:
        last = privacy.by_queries.points[-1].score
        if last != headline.value:
            yield f"with all queries the curve says {last}, the score {privacy.headline} is {headline.value}"
    known = [value for value in privacy.headline_by_key if value is not None]
    stated = headline.value.value
    mean = statistics.fmean(known) if known else None
    if mean is not None and stated is not None and not math.isclose(stated, mean, abs_tol=TOLERANCE):
        yield f"{privacy.headline} is {stated:.3f}, its values under every set of keys average {mean:.3f}"


def _scores(privacy: Privacy, record: Record) -> Iterator[str]:
    """Who chooses by what a defense is judged chooses how it looks."""
    goal = record.attack.threat.goal
    if goal not in set(Goal):
        return
    if privacy.headline != HEADLINES[Goal(goal)]:
        yield f"the headline is {privacy.headline[:100]!r}; attacks on {goal} are judged by {HEADLINES[Goal(goal)]}"
    known = scores_of(Goal(goal), record.data.classes[1:])
    unknown = [name[:100] for name in privacy.scores if name not in known]
    if unknown:
        yield f"scores that attacks on {goal} do not have: {', '.join(unknown)}"
    turned = [name for name in known if name in privacy.scores and _turned(name, privacy.scores[name])]
    if turned:
        yield f"scores that say the wrong way round what is worse for the patient: {', '.join(turned)}"


def _turned(name: str, score: Score) -> bool:
    return score.higher_is_worse != (name not in LOWER_IS_WORSE)
