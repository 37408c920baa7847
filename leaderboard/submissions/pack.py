"""A bundle out of a run."""

from pathlib import Path

from bench.atomic import write_bytes
from bench.errors import BenchError
from bench.leaderboard.pictures import picture
from bench.leaderboard.submissions.archive import packed
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, bundle_name, hashed, most_bytes
from bench.records.claims import CLAIM_NAME
from bench.records.files import BUNDLE_SUFFIX, RECORD_NAME, find_records, read_record


def pack(run: Path, out: Path, *, pictures: bool | None = None) -> Path:
    """Write the bundle of the run's one record into the folder `out`.

    Args:
        run: a record, or the folder with it.
        pictures: whether pictures go along; None: only those of made-up anatomy, for others show somebody's head.

    Returns:
        The bundle; the same run gives the same bytes.

    Raises:
        BenchError: there is not exactly one record, or a file of it is too large.
    """
    paths = find_records([run])
    if len(paths) != 1:
        raise BenchError(f"{run} holds {len(paths)} records; a bundle is about one: give its folder")
    path = paths[0]
    record = read_record(path)
    files = {RECORD_NAME: path.read_bytes()}
    linkage = None if record.privacy is None else record.privacy.linkage
    if linkage is not None and linkage != CLAIM_NAME:
        raise BenchError(f"{path} names {linkage[:100]!r} as its linkage; a run writes {CLAIM_NAME}")
    if linkage is not None:
        try:
            files[linkage] = (path.parent / linkage).read_bytes()
        except OSError as error:
            raise BenchError(
                f"{path.parent / linkage} cannot be read ({error.strerror}); run its command again"
            ) from error
    if record.data.synthetic if pictures is None else pictures:
        found = [name for name in record.pictures if picture(path, name) is not None]
        files |= {name: (path.parent / name).read_bytes() for name in found}
    for name, content in files.items():
        limit = most_bytes(name)
        if limit is None or len(content) > limit:
            raise BenchError(f"{path.parent / name} has {len(content)} bytes; a bundle takes {limit or 0} at most")
    manifest = Manifest(cell=record.cell, files={name: hashed(files[name]) for name in sorted(files)})
    files[MANIFEST_NAME] = (manifest.model_dump_json(indent=2) + "\n").encode()
    bundle = out / f"{bundle_name(record)}{BUNDLE_SUFFIX}"
    write_bytes(bundle, packed(files))
    return bundle
