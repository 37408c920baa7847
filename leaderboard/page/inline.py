"""JSON inside a page."""

import json

from markupsafe import Markup

# Enough to keep any text from ending the script element or opening a comment in it.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def inline_json(text: str) -> Markup:
    """JSON that is safe inside an HTML script element, holds the same as `text`, and is as short as it can be."""
    short = json.dumps(json.loads(text), separators=(",", ":"))
    return Markup("".join(_UNSAFE.get(letter, letter) for letter in short))
