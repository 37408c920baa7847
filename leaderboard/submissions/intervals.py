"""Every number of a record that has a range, with its place in the record and with what it may be."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from bench.records.parts import Interval, Part
from bench.records.schema import Record
from bench.records.score_names import plain

Range = tuple[float, float]
SHARE: Range = (0.0, 1.0)
_SIGNED: Range = (-1.0, 1.0)
_RANGES: Mapping[str, Range] = {
    "psnr": (-math.inf, math.inf),  # below 0 where the error is larger than the range of images
    "ageerroryears": (0.0, math.inf),  # whoever predicts a thousand years is that far off
    "ncc": _SIGNED,
    "advantage": _SIGNED,
    "excess": _SIGNED,
    "correlation": _SIGNED,
}
"""By a score's name without case and punctuation; all others are shares."""
_CURVES = frozenset({"by_queries", "by_dial"})
_OWN_UNITS = frozenset({"self_checks"})
"""What a defense measures of itself may be anything."""


def intervals_of(record: Record) -> Iterator[tuple[str, Interval, Range]]:
    """Every interval of the record: its place, itself, and the range that it keeps to."""
    for place, interval in _below(record, ()):
        if not _OWN_UNITS & set(place):
            yield ".".join(place), interval, _range(place, record)


def shares_of(record: Record) -> Iterator[tuple[str, float | None, Range]]:
    """Every number without an interval that has a range, in the same form."""
    yield from (("utility.dice_by_key", value, SHARE) for value in record.utility.dice_by_key)
    for person, by_class in record.utility.dice_per_subject.items():
        yield from ((f"utility.dice_per_subject.{person}.{name}", value, SHARE) for name, value in by_class.items())
    privacy = record.privacy
    if privacy is None:
        return
    headline = _of_score(privacy.headline)
    yield from (("privacy.headline_by_key", value, headline) for value in privacy.headline_by_key)
    yield from ((f"privacy.scores.{name}.chance", one.chance, _of_score(name)) for name, one in privacy.scores.items())
    shares: dict[str, Any] = {}
    if privacy.verification is not None:
        shares["verification"] = privacy.verification.model_dump(
            include={"smallest_fpr", "fpr_per_subject", "tpr_per_subject"}
        )
        points = (*privacy.verification.operating_points, *privacy.verification.roc)
        yield from (("privacy.verification: an FPR", point.fpr, SHARE) for point in points)
    if privacy.residual is not None:
        shares["residual"] = privacy.residual.model_dump(exclude={"excess"})
    for part, fields in shares.items():
        for name, value in fields.items():
            numbers = value if isinstance(value, dict) else {"": value}
            for person, number in numbers.items():
                yield f"privacy.{part}.{name}.{person}".rstrip("."), number, SHARE


def _below(part: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Interval]]:
    if isinstance(part, Interval):
        yield place, part
    elif isinstance(part, Part):
        for name in type(part).model_fields:
            yield from _below(getattr(part, name), (*place, name))
    elif isinstance(part, Mapping):
        for name, inner in part.items():
            yield from _below(inner, (*place, str(name)))
    elif isinstance(part, list):
        for index, inner in enumerate(part):
            yield from _below(inner, (*place[:-1], f"{place[-1]}[{index}]"))


def _range(place: tuple[str, ...], record: Record) -> Range:
    if "hd95_mm" in place:
        return 0.0, record.data.spacing_mm * math.hypot(*(side - 1 for side in record.data.shape))
    headline = None if record.privacy is None else record.privacy.headline
    if _CURVES & set(place) and headline is not None:
        return _of_score(headline)
    named = [name for name in place if name not in ("value", "score")]
    return _of_score(named[-1])


def _of_score(name: str) -> Range:
    return _RANGES.get(plain(name), SHARE)
