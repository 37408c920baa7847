"""Pictures beside a record, embedded so that the page needs nothing but itself."""

import base64
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 1_500_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """An embedded picture: its file name, a data URI, and what it shows, in words."""

    name: str
    uri: str
    caption: str


CAPTIONS = {
    "steps.png": "One scan on its way: the scan, what hides it, what is sent, the server's answer, what the hospital "
    "recovers of that, and the true labels",
    "reconstruction.png": "One release under attack: the scan that was to be hidden, what hid it, what was sent, and "
    "what the attacker makes of it",
    "labels.png": "One release under attack: the scan, what was sent and answered, and the labels that the attacker "
    "reads from it beside the true ones",
    "uncertainty.png": "Where the answers to several queries disagree, beside the errors that are really there",
    "reliability.png": "How often the segmentation errs where the answers to several queries disagree",
}
DRAWN_AGAIN = "by-"
"""What the names of pictures begin with whose curves the page draws itself, from the numbers."""


def picture(record: Path, name: str) -> Picture | None:
    """The picture `name` beside the record file.

    None unless it is a plain file name ending in .png, the file really lies in the record's folder (no link out of
    it), is smaller than 1.5 MB and is a PNG: a record is untrusted and must not pull other files into the page.
    """
    if not name.endswith(".png") or name.startswith(".") or any(letter in name for letter in "/\\\0"):
        return None
    file = record.parent / name
    if not file.is_file() or file.resolve().parent != record.parent.resolve() or file.stat().st_size >= MOST_BYTES:
        return None
    content = file.read_bytes()
    if not content.startswith(_SIGNATURE):
        return None
    uri = "data:image/png;base64," + base64.b64encode(content).decode("ascii")
    return Picture(name, uri, CAPTIONS.get(name, name))
