"""Whether a linkage file of unknown origin is small and plain enough to be read at all.

A few kilobytes of zip can hold terabytes of zeros, and the header of an array is Python text that numpy evaluates: so
names, sizes, types and the length of headers are checked before numpy gets to see the file.
"""

import io
import math
import zipfile
import zlib

import numpy as np

MOST_SCANS = 4000
MOST_BYTES = 2**26
"""Of the table of scores, in memory: 4000 scans under one set of keys, 2300 under three."""
MOST_REPETITIONS = 64
"""Sets of keys: each is compared by itself, which takes many times the memory of its scores."""
LONGEST_HEADER = 4096
LONGEST_NAME = 64
MEMBERS = frozenset({"scores.npy", "people.npy", "probes.npy"})


def readable(content: bytes) -> bool:
    """Whether these bytes are the three arrays that a run writes, of sizes that fit together and into memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) != len(MEMBERS) or {entry.filename for entry in entries} != MEMBERS:
                return False
            heads = {entry.filename: _head(archive, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        return False
    (scores, of_scores), (people, of_people), (probes, of_probes) = (
        heads[name] for name in ("scores.npy", "people.npy", "probes.npy")
    )
    return (
        of_scores == np.dtype("<f4")
        and len(scores) == 3
        and 0 < scores[0] <= MOST_REPETITIONS
        and scores[1] == scores[2] <= MOST_SCANS
        and 0 < 4 * math.prod(scores) <= MOST_BYTES
        and of_people.kind == "U"
        and 0 < of_people.itemsize <= 4 * LONGEST_NAME
        and people == scores[1:2]
        and of_probes == np.dtype("<i8")
        and len(probes) == 1
        and 0 < probes[0] <= scores[1]
    )


def _head(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype]:
    """Shape and type of an array.

    Raises:
        ValueError: compressed in another way than numpy does, no array, or a header of unusual length or version.
    """
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("compressed in another way")
    with archive.open(entry) as stream:
        start = stream.read(10)
        if start[:8] != b"\x93NUMPY\x01\x00" or int.from_bytes(start[8:10], "little") > LONGEST_HEADER:
            raise ValueError("no array of the common format")
        header = start[8:10] + stream.read(int.from_bytes(start[8:10], "little"))
    try:
        shape, _, kind = np.lib.format.read_array_header_1_0(io.BytesIO(header))
    except Exception as error:  # numpy evaluates the text, and raises whatever that raises
        raise ValueError("no header of an array") from error
    return shape, kind
