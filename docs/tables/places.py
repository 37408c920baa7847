"""Where a document wants a table: between `<!-- table: NAME -->` and `<!-- end -->`, each on a line of its own."""

import re
from collections.abc import Callable

_PLACE = re.compile(r"(<!-- table: (?P<name>[^>]+?) -->\n)(?P<body>.*?)(<!-- end -->)", re.DOTALL)
_OPENED, _CLOSED = "<!-- table:", "<!-- end -->"


def filled(text: str, table: Callable[[str], str]) -> str:
    """`text` with what `table` makes of every name between its marks; the rest stays as it is.

    Raises:
        ValueError: a mark has no partner.
    """
    if not text.count(_OPENED) == text.count(_CLOSED) == len(_PLACE.findall(text)):
        raise ValueError(f"{text.count(_OPENED)} tables begin and {text.count(_CLOSED)} end, or one begins in another")
    return _PLACE.sub(lambda place: f"{place[1]}\n{table(place['name'])}\n\n{place[4]}", text)
