"""One number or one interval as a record says it, beside the same counted again."""

import math
from collections.abc import Iterator, Mapping

from bench.records.parts import Interval
from bench.types.estimate import Estimate

FEWEST_PEOPLE = 8
"""Of fewer, intervals are what the draw makes them, and span most of what is possible."""
JUMP = 1.5
"""Where nearly all resamples agree, one that does not decides whether the interval is Wilson's or drawn."""


def about_number(name: str, said: float | None, true: float | None, allowed: float) -> Iterator[str]:
    """A line if the two differ by more than allowed, or if only one of them is there."""
    if (said is None) != (true is None):
        yield f"{name} is {_shown(said)}, the linkage gives {_shown(true)}"
    elif said is not None and true is not None and abs(said - true) > allowed:
        yield f"{name} is {said:.3f}, the linkage gives {true:.3f}"


def about_interval(name: str, said: Interval, true: Estimate, value: float, bounds: float) -> Iterator[str]:
    """The same for an estimate with its bounds, which were drawn and may differ by more, and its people.

    Args:
        name: of the score, for the line.
        said: by the record.
        true: counted again.
        value: by how much the estimate may differ.
        bounds: by how much each bound may.
    """
    yield from about_number(name, said.value, true.value, value)
    if true.n >= FEWEST_PEOPLE:
        bounds += JUMP / true.n
        yield from about_number(f"lower end of {name}", said.low, _known(true.low), bounds)
        yield from about_number(f"upper end of {name}", said.high, _known(true.high), bounds)
    if said.n != true.n:
        yield f"{name} speaks of {said.n} people, the linkage of {true.n}"


def about_people(
    name: str, said: Mapping[str, float | None], true: Mapping[str, float], allowed: float
) -> Iterator[str]:
    """A line if a number of any person differs by more than allowed, or if they are other people."""
    if said.keys() != true.keys():
        yield f"{name} names {len(said)} people, and not the {len(true)} of the linkage"
        return
    for person, number in true.items():
        wrong = next(about_number(f"{name} of {person}", said[person], number, allowed), None)
        if wrong is not None:
            yield wrong
            return


def _known(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _shown(number: float | None) -> str:
    return "not there" if number is None else f"{number:.3f}"
