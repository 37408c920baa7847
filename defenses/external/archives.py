"""The zip archive that both formats are, read once and written again without anything that nobody asked for.

Two zip readers may see two things in one crafted file. What is checked here is what is loaded: the checked members are
packed into a fresh archive, and PyTorch gets that one.
"""

import io
import pickle
import zipfile
import zlib
from collections.abc import Mapping, Sequence

import torch

from bench.errors import BenchError

_MOST_MEMBERS = 100_000
_MOST_GROWTH = 8
"""PyTorch compresses programs (two times the archive in all) and stores tensors as they are."""
_NO_ARCHIVE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)


def members_of(data: bytes, what: str) -> dict[str, bytes]:
    """The content by name, below the one top folder that PyTorch's archives have.

    Args:
        what: the file, for messages.

    Raises:
        BenchError: no such archive.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            names = [entry.filename for entry in entries]
            if len(set(names)) < len(names) or len(names) > _MOST_MEMBERS:
                raise BenchError(f"{what}: the archive names a member twice or holds too many; save it again")
            _require_stored(entries, len(data), what)
            found = {name: archive.read(name) for name in names}
    except _NO_ARCHIVE as error:
        raise BenchError(
            f"{what} is neither TorchScript nor torch.export (no archive: {' '.join(str(error).split())}); a plain "
            "pickle or a state dict is never opened: export the network, see docs/bring-your-own.md"
        ) from error
    tops = {name.partition("/")[0] for name in found}
    if len(tops) != 1 or not all("/" in name for name in found):
        raise BenchError(f"{what}: the archive has no single top folder as PyTorch writes it; save it again")
    return {name.partition("/")[2]: content for name, content in found.items()}


def _require_stored(entries: Sequence[zipfile.ZipInfo], size: int, what: str) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > _MOST_GROWTH * size:
        raise BenchError(
            f"{what}: an archive of {size} bytes unpacks to {unpacked}; PyTorch writes nothing like it, save it again"
        )


def packed(members: Mapping[str, bytes]) -> io.BytesIO:
    """A fresh archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(f"archive/{name}", content)
    stream.seek(0)
    return stream


def pickled_again(content: bytes, what: str) -> bytes:
    """Pickled tensors in plain containers, read without running anything and written afresh.

    Raises:
        BenchError: there is more in it than that.
    """
    try:
        if zipfile.is_zipfile(io.BytesIO(content)):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                _require_stored(archive.infolist(), len(content), what)
        found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, TypeError, AttributeError, KeyError, *_NO_ARCHIVE) as error:
        raise BenchError(
            f"{what} holds a pickle with more than tensors in it, which could run code, and is not loaded "
            f"({' '.join(str(error).split())[:120]}); export with plain tensors as inputs and buffers"
        ) from error
    stream = io.BytesIO()
    torch.save(found, stream)
    return stream.getvalue()
