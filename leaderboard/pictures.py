"""Pictures beside a record, embedded so that the page needs nothing but itself."""

import base64
from dataclasses import dataclass
from pathlib import Path

MOST_BYTES = 1_500_000
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """An embedded picture: its file name and a data URI."""

    name: str
    uri: str


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
    return Picture(name, "data:image/png;base64," + base64.b64encode(content).decode("ascii"))
