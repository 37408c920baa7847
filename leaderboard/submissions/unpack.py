"""The files of a bundle in a folder of their own, where a leaderboard is built from."""

from pathlib import Path

from bench.atomic import write_bytes
from bench.errors import BenchError
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, bundle_name, hashed
from bench.leaderboard.submissions.validate import Examined
from bench.records.files import RECORD_NAME


def unpack(examined: Examined, out: Path) -> Path:
    """Write what a bundle holds below `out`, the record last; what is there already stays.

    The folder is named by what the record is about and by its hash, so two claims of one cell lie side by side.

    Args:
        examined: a bundle that nothing speaks against.
        out: folder of the leaderboard's records, made if it is missing.

    Returns:
        The folder.

    Raises:
        BenchError: something speaks against the bundle.
    """
    if examined.record is None or examined.problems:
        raise BenchError("a bundle with problems is not unpacked; mend them first")
    content = examined.files[RECORD_NAME]
    place = out / f"{bundle_name(examined.record)}-{hashed(content).sha256[:8]}"
    if not (place / RECORD_NAME).exists():
        for name in sorted(examined.files.keys() - {MANIFEST_NAME, RECORD_NAME}):
            write_bytes(place / name, examined.files[name])
        write_bytes(place / RECORD_NAME, content)
    return place
