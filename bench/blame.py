"""Where in somebody's code an error comes from."""

import inspect
import traceback
from pathlib import Path


def place_of(error: BaseException, owner: type | None = None) -> str:
    """The last line in the folder of the file that defines `owner`, else the last of all, as " (file.py:line)".

    An author looks for a mistake in files of their own, not where a library noticed it. Nothing if there is no line.
    """
    frames = traceback.extract_tb(error.__traceback__)
    folder = _folder_of(owner)
    own = [frame for frame in frames if folder is not None and _lies_in(Path(frame.filename), folder)]
    last = (own or frames)[-1:]
    return f" ({Path(last[0].filename).name}:{last[0].lineno})" if last else ""


def _folder_of(owner: type | None) -> Path | None:
    try:
        return None if owner is None else Path(inspect.getfile(owner)).parent
    except (TypeError, OSError):
        return None


def _lies_in(file: Path, folder: Path) -> bool:
    """Libraries of an environment that lies below the folder are nobody's own."""
    return file.is_relative_to(folder) and "site-packages" not in file.relative_to(folder).parts
