"""Zip archives that are written the same way every time, and read without trusting them."""

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from bench.errors import BenchError
from bench.leaderboard.submissions.bundle import MOST_BYTES, MOST_FILES, most_bytes

MOST_BYTES_PACKED = sum(MOST_BYTES.values())
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_UNICODE_PATH = 0x7075
"""Of a field that gives an entry another name (Info-ZIP's application note)."""
_CHUNK = 2**20


def packed(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files; the same files give the same bytes."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return whole.getvalue()


def unpacked(path: Path) -> dict[str, bytes]:
    """The files of an archive, in memory: nothing is written anywhere, so nothing can be written elsewhere.

    Raises:
        BenchError: it cannot be read, is no zip archive, is damaged, encrypted or too large, or holds anything but the
            plain files of a bundle.
    """
    try:
        found_there = path.lstat()
        if not stat.S_ISREG(found_there.st_mode):
            raise BenchError(f"{path} is no plain file; give the bundle itself, no link and no folder")
        size = found_there.st_size
        if size > MOST_BYTES_PACKED:
            raise BenchError(f"{path} has {size} bytes; a bundle has {MOST_BYTES_PACKED} at most")
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_FILES:
                raise BenchError(f"{path} holds {len(entries)} files; a bundle holds {MOST_FILES} at most")
            found: dict[str, bytes] = {}
            for entry in entries:
                _check_entry(path, entry, found)
                found[entry.filename] = _read(path, archive, entry)
            return found
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror or error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        raise BenchError(
            f"{path} is no bundle, or a damaged one ({error}); make it with `bench leaderboard pack`"
        ) from error


def _check_entry(path: Path, entry: zipfile.ZipInfo, found: Mapping[str, bytes]) -> None:
    name, mode = entry.filename, entry.external_attr >> 16
    if most_bytes(name) is None:
        raise BenchError(f"{path} holds {name!r}, which no bundle holds")
    if name in found:
        raise BenchError(f"{path} holds {name!r} twice")
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode):  # many programs write no kind at all
        raise BenchError(f"{path}: {name!r} is no plain file; links and folders are not followed")
    if _renamed(entry.extra):
        raise BenchError(f"{path}: {name!r} has a second name, which other programs would unpack it under")
    if entry.flag_bits & 1:
        raise BenchError(f"{path}: {name!r} is encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BenchError(f"{path}: {name!r} is compressed in a way that bundles are not")


def _renamed(extra: bytes) -> bool:
    """Whether the extra fields of an entry, each a kind and a length of two bytes before its content, hold a name."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        if kind == _UNICODE_PATH:
            return True
        at += 4 + length
    return False


def _read(path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What an entry says about its own size is not believed: reading stops where a file becomes too large."""
    limit, content = most_bytes(entry.filename) or 0, bytearray()
    with archive.open(entry) as stream:
        while chunk := stream.read(_CHUNK):
            content += chunk
            if len(content) > limit:
                raise BenchError(f"{path}: {entry.filename!r} has more than {limit} bytes unpacked")
    return bytes(content)
