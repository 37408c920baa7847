"""What a bundle holds: a zip archive with a record, its linkage and its pictures, and a list with their hashes."""

import hashlib
import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from bench.records.claims import CLAIM_NAME
from bench.records.files import MOST_BYTES as MOST_BYTES_OF_A_RECORD
from bench.records.files import RECORD_NAME
from bench.records.parts import Part
from bench.records.schema import Record

MANIFEST_NAME = "bundle.json"

MEGABYTE = 2**20
MOST_BYTES: Mapping[str, int] = {
    MANIFEST_NAME: MEGABYTE // 4,
    RECORD_NAME: MOST_BYTES_OF_A_RECORD,
    CLAIM_NAME: 64 * MEGABYTE,
}
"""Of a file, unpacked."""
MOST_BYTES_OF_A_PICTURE = 3 * MEGABYTE // 2
MOST_FILES = 16


class Packed(Part):
    """One file of the bundle."""

    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="bytes")


class Manifest(Part):
    """Everything that is in the bundle beside this list."""

    bundle_version: Literal[1] = 1
    cell: str = Field(description="content address of the record's cell")
    files: dict[str, Packed]


def hashed(content: bytes) -> Packed:
    """The entry of a file."""
    return Packed(sha256=hashlib.sha256(content).hexdigest(), size=len(content))


def bundle_name(record: Record) -> str:
    """How a bundle of this record is called; whatever the record says, one plain name."""
    words = (record.defense.name, record.attack.name, record.data.name, f"s{record.seed}", record.cell[:8])
    return "-".join(re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-")[:40] for word in words)


def most_bytes(name: str) -> int | None:
    """How large a file of this name may be; None if a bundle has no room for such a file.

    Only plain names: nothing that could lead into another folder, and nothing else than a bundle is made of.
    """
    if name in MOST_BYTES:
        return MOST_BYTES[name]
    plain = name.isascii() and name.isprintable() and not name.startswith(".") and not set(name) & set('/\\:*?"<>|')
    return MOST_BYTES_OF_A_PICTURE if plain and name.endswith(".png") and len(name) <= 100 else None
