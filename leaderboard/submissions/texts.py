"""What no run writes into a text: novels, letters that nobody sees, markup, and addresses that a browser would run."""

import re
from collections.abc import Iterator
from typing import Any

LONGEST = 2000
_ELEMENTS = (
    "script style iframe object embed svg math img image a b i u p div span table form input button video audio source "
    "link meta base body html head template textarea select details marquee"
)
_MARKUP = re.compile(
    rf"<\s*/?\s*(?:{'|'.join(_ELEMENTS.split())})\b[^<>]*(?:>|$)|\b(?:javascript|vbscript)\s*:|data:text/html",
    re.IGNORECASE,
)


def too_long(raw: Any) -> Iterator[str]:
    """A line for every text and every name in plain JSON that is longer than `LONGEST`."""
    for place, text, is_name in _texts(raw, ""):
        if len(text) > LONGEST:
            what = f"a name in {place or 'the record'} has" if is_name else f"{place} is a text of"
            yield f"{what} {len(text)} characters; {LONGEST} at most"


def marked_up(raw: Any) -> Iterator[str]:
    """A line for every text and name that a browser might take for more than text; every page escapes them as well."""
    for place, text, is_name in _texts(raw, ""):
        if _MARKUP.search(text):
            yield f"{_named(place, is_name)} holds markup or an address that runs, which no run writes"


def unseen(raw: Any) -> Iterator[str]:
    """A line for every text and name with letters that nobody sees."""
    for place, text, is_name in _texts(raw, ""):
        if not all(letter.isprintable() or letter in "\n\t" for letter in text):
            yield f"{_named(place, is_name)} holds letters that nobody sees"


def _named(place: str, is_name: bool) -> str:
    told = ascii(place)[1:-1]
    return f"a name in {told or 'the record'}" if is_name else told


def _texts(raw: Any, place: str) -> Iterator[tuple[str, str, bool]]:
    """Every text with its place, every name of a mapping with the mapping's, and whether it is a name."""
    if isinstance(raw, str):
        yield place, raw, False
    elif isinstance(raw, dict):
        for key, value in raw.items():
            yield place, key, True
            yield from _texts(value, f"{place}.{key[:100]}".lstrip("."))
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from _texts(value, f"{place}[{index}]")
