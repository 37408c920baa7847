"""A claimed record beside the same cell run again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import Field

from bench.leaderboard.numbers import percent
from bench.leaderboard.submissions.bundle import Packed
from bench.records.parts import NOT_MEASURED, Interval, Part
from bench.records.schema import Environment, Record


class Comparison(Part):
    """One number, as claimed and as found.

    Attributes:
        agrees: each lies within the other's interval; two numbers without an interval must be equal.
    """

    name: str
    claimed: Interval
    found: Interval
    agrees: bool


class Verdict(Part):
    """What running a claimed cell again gave; whoever keeps the leaderboard writes it, a bundle cannot hold it."""

    verification_version: Literal[1] = 1
    cell: str
    claimed_sha256: str = Field(description="of the claimed record")
    files: dict[str, Packed] = Field(description="what was found and kept, beside this file")
    verified: bool
    from_cache: bool = Field(default=False, description="networks and traffic may have been there already")
    differences: list[str]
    comparisons: list[Comparison]
    environment: Environment


@dataclass(frozen=True)
class _Number:
    name: str
    interval: Interval


def compare(claimed: Record, found: Record) -> list[Comparison]:
    """Every number of utility and leakage that both records have, and those that only the claim has."""
    again = {number.name: number.interval for number in _numbers(found)}
    compared = []
    for number in _numbers(claimed):
        other = again.get(number.name, NOT_MEASURED)
        compared.append(
            Comparison(name=number.name, claimed=number.interval, found=other, agrees=_agree(number.interval, other))
        )
    return compared


def differences(claimed: Record, found: Record) -> list[str]:
    """What else than luck tells the two apart, a line each: other data, another split, other settings."""
    lines = []
    for name, one, other in (
        ("data", claimed.data.data_hash, found.data.data_hash),
        ("split", claimed.data.split_hash, found.data.split_hash),
        ("protocol", claimed.protocol_version, found.protocol_version),
        ("kind of anatomy", claimed.data.synthetic, found.data.synthetic),
        ("kind of second visits", claimed.data.revisits, found.data.revisits),
        ("status", claimed.status.value, found.status.value),
        ("set of scores", _scores(claimed), _scores(found)),
        ("tier of the attack", claimed.attack.threat.tier, found.attack.threat.tier),
        ("threat card", claimed.attack.threat.model_dump(), found.attack.threat.model_dump()),
        ("settings of the defense", claimed.defense.settings, found.defense.settings),
        ("settings of the attack", claimed.attack.settings, found.attack.settings),
        ("settings of the data", claimed.data.settings, found.data.settings),
        ("settings of the evaluation", claimed.settings, found.settings),
        ("number of bytes sent for a scan", claimed.cost.bytes_sent, found.cost.bytes_sent),
        ("number of bytes received for a scan", claimed.cost.bytes_received, found.cost.bytes_received),
    ):
        if one != other:
            lines.append(f"another {name}: claimed {_short(one)}, found {_short(other)}")
    if _same_suite(claimed, found) and claimed.cell != found.cell:
        lines.append(
            f"another cell: claimed {claimed.cell}, found {found.cell} by the same version of the suite; the settings "
            "in the record are not those that it was made with, or the plugin's source is another one"
        )
    same_code = _suite(claimed) == _suite(found)  # another version may train otherwise, and is said elsewhere
    alike = _machine(claimed) == _machine(found) and _on_cpu(claimed)
    if same_code and alike and _same_weights(claimed, found) is False:
        lines.append(
            f"another training: claimed weights {claimed.defense.weights_hash}, found {found.defense.weights_hash} on "
            "the same kind of machine, where the same training gives the same weights"
        )
    return lines


def another_suite(claimed: Record, found: Record) -> str | None:
    """That the claim was made by another version of the suite, or of the attack; None if by the same one."""
    if _same_suite(claimed, found):
        return None
    one, other = claimed.attack.code_hash, found.attack.code_hash
    source = ", with another source of the attack" if one is not None and one != other else ""
    return (
        f"another version of the suite{source}: claimed by {_suite(claimed)}, found by {_suite(found)}; a number that "
        "differs may be the version's"
    )


def another_training(claimed: Record, found: Record) -> str | None:
    """That the two are, or may be, about other weights, with where each was made; None if they are about the same.

    Old records do not say which weights they had: there another machine means others.
    """
    same, machine = _same_weights(claimed, found), _machine(claimed) == _machine(found)
    unknown = same is None
    if same or (machine and (unknown or _on_cpu(claimed))):
        return None
    return (
        f"{'maybe ' if unknown else ''}other weights came out of the same training: claimed on {_machine(claimed)}, "
        f"found on {_machine(found)}; no interval holds what that changes, so a number that differs is not refuted, "
        "only not confirmed"
    )


def _same_weights(claimed: Record, found: Record) -> bool | None:
    """None where one of them does not say."""
    one, other = claimed.defense.weights_hash, found.defense.weights_hash
    return None if one is None or other is None else one == other


def _same_suite(claimed: Record, found: Record) -> bool:
    return _suite(claimed) == _suite(found) and not (claimed.environment.git or "").endswith("+")


def _suite(record: Record) -> str:
    return f"{record.unveil_version} ({record.environment.git or 'installed'})"


def _on_cpu(record: Record) -> bool:
    """Sums on other devices may come in any order."""
    return record.environment.device == "cpu"


def _machine(record: Record) -> str:
    made = record.environment
    return f"{made.processor} ({made.device}, threads: {made.threads}, torch {made.packages.get('torch', 'unknown')})"


def _scores(record: Record) -> list[str]:
    """Names, the headline marked, and which way is worse."""
    if record.privacy is None:
        return []
    privacy = record.privacy
    ways = {True: "larger is worse", False: "smaller is worse"}
    named = [f"{name}, {ways[score.higher_is_worse]}" for name, score in sorted(privacy.scores.items())]
    return [*named, f"headline {privacy.headline}"]


def _numbers(record: Record) -> Iterator[_Number]:
    yield _Number("Dice, average", record.utility.dice_average)
    for name, dice in record.utility.dice.items():
        yield _Number(f"Dice, {name}", dice)
    for name, distance in record.utility.hd95_mm.items():
        yield _Number(f"HD95 in mm, {name}", distance)
    if record.privacy is None:
        return
    for name, score in record.privacy.scores.items():
        yield _Number(name, score.value)
    if record.privacy.verification is not None:
        yield _Number("AUC, same person or not", record.privacy.verification.auc)
        for point in record.privacy.verification.operating_points:
            if point.tpr is not None:
                yield _Number(f"TPR at {percent(point.fpr)} FPR", point.tpr)


def _agree(one: Interval, other: Interval) -> bool:
    if one.value is None or other.value is None:
        return one.value is other.value
    return _within(one.value, other) and _within(other.value, one)


def _within(value: float, interval: Interval) -> bool:
    if interval.low is None or interval.high is None:
        return value == interval.value
    return interval.low <= value <= interval.high


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 120 else f"{text[:120]}…"
