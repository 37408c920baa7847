"""Files that are either the old or the new one: no reader, and no crash, ever meets half of one."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A place beside `path` to write a file or a folder to; it becomes `path` when the block ends well, else it goes.

    The folder of `path` is made. The place does not end as `path` does, so that whoever looks for files of its kind
    does not meet it, also if this process is killed; tell a writer that chooses the format by the name.

    Raises:
        OSError: the place cannot be written, or `path` is a folder that holds something.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """A small file that is whole after a power cut too: the old one or the new one."""
    with replacing(path) as temporary, temporary.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def write_text(path: Path, text: str) -> None:
    """The same for text, in UTF-8, line ends as they are."""
    write_bytes(path, text.encode("utf-8"))
