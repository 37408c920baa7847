"""Numbers of every person under every key, collected by name."""

from collections.abc import Mapping

from bench.records.parts import Interval
from bench.runner.utility.segmentation import average_over_keys, over_people


class Tally:
    """Name -> person -> the value under each key, in the order of the keys."""

    def __init__(self) -> None:
        self._values: dict[str, dict[str, list[float]]] = {}

    def add(self, subject: str, found: Mapping[str, float]) -> None:
        """One person's values under one more key."""
        for name, value in found.items():
            self._values.setdefault(name, {}).setdefault(subject, []).append(value)

    def by_key(self, name: str) -> list[list[float]]:
        """A row per person with a value per key."""
        return list(self._values[name].values())

    def per_person(self, name: str) -> dict[str, float]:
        """Every person's mean over keys."""
        return average_over_keys(self._values[name])

    def intervals(self, *axes: str | int) -> dict[str, Interval]:
        """By name, the mean over people with its interval; the name is the last seed axis of its bootstrap."""
        return {name: over_people(by_subject, *axes, name) for name, by_subject in self._values.items()}
