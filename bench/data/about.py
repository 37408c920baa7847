"""What a person must know before using a cohort: where it comes from, under what terms, and how its folder looks."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class About:
    """Facts about a cohort that no file in it tells.

    Attributes:
        size: people and scans.
        licence: under which terms it is used.
        get: what to do to have it.
        citation: what to cite.
        tree: the files that are expected below `--root`, as a drawing.
    """

    size: str
    licence: str
    get: str
    citation: str
    tree: str
