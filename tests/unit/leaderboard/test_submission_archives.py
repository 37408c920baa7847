"""Archives and arrays of unknown origin: none is followed, unpacked beyond its limit, or loaded unseen."""

import io
import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard.submissions import archive
from bench.leaderboard.submissions.archive import packed, unpacked
from bench.leaderboard.submissions.bundle import most_bytes
from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.validate import validate
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME
from tests.unit.leaderboard.bundles import rebuilt, run_in


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return run_in(tmp_path)


@pytest.fixture
def bundle(run: Path, tmp_path: Path) -> Path:
    return pack(run, tmp_path / "out")


def odd_archive(name: str, content: bytes = b"x", mode: int = stat.S_IFREG | 0o644, **more: Any) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        entry.compress_type = more.get("compression", zipfile.ZIP_DEFLATED)
        for _ in range(more.get("times", 1)):
            made.writestr(entry, content)
    return whole.getvalue()


@pytest.mark.parametrize("name", ["../record.json", "/etc/passwd", "a/b.png", "..\\x.png", ".hidden.png", "x.html", ""])
def test_no_file_leads_elsewhere(tmp_path: Path, name: str) -> None:
    assert most_bytes(name) is None
    (tmp_path / "b.zip").write_bytes(odd_archive(name or "no-ending"))
    with pytest.raises(BenchError, match="which no bundle holds"):
        unpacked(tmp_path / "b.zip")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (odd_archive(RECORD_NAME, mode=stat.S_IFLNK | 0o777), "is no plain file"),
        (odd_archive("x.png", times=2), "twice"),
        (odd_archive("x.png", compression=zipfile.ZIP_BZIP2), "compressed in a way"),
        (odd_archive(RECORD_NAME, b" " * (9 * 2**20)), "bytes unpacked"),
        (b"", "no bundle, or a damaged one"),
        (b"PK\x03\x04 rubbish", "no bundle, or a damaged one"),
    ],
)
def test_archives_that_are_no_bundles_are_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "b.zip").write_bytes(content)
    (line,) = validate(tmp_path / "b.zip").problems
    assert words in line
    assert "\n" not in line


def test_a_damaged_file_in_an_archive_is_noticed(bundle: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[200] ^= 255
    bundle.write_bytes(bytes(content))
    assert validate(bundle).problems


def test_archives_that_are_too_large_or_not_there_are_refused(
    tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES_PACKED", 100)
    with pytest.raises(BenchError, match="a bundle has 100 at most"):
        unpacked(bundle)
    with pytest.raises(BenchError, match="cannot read"):
        unpacked(tmp_path / "nothing.zip")
    many = {f"{number}.png": b"x" for number in range(20)}
    monkeypatch.undo()
    bundle.write_bytes(packed(many))
    with pytest.raises(BenchError, match="holds 20 files"):
        unpacked(bundle)


def header(kind: str, shape: tuple[int, ...], text: str | None = None) -> bytes:
    """The beginning of an array file, without what it promises."""
    said = text or repr({"descr": kind, "fortran_order": False, "shape": shape})
    return b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said.encode()


SCORES, PEOPLE_, PROBES = header("<f4", (1, 4, 4)), header("<U8", (4,)), header("<i8", (4,))


@pytest.mark.parametrize(
    "arrays",
    [
        {"scores": header("<f4", (9, 40000, 40000)), "people": header("<U8", (40000,)), "probes": PROBES},
        {"scores": header("|b1", (1, 4, 4)), "people": PEOPLE_, "probes": PROBES},
        {"scores": header("|O", (1, 4, 4)), "people": PEOPLE_, "probes": PROBES},
        {"scores": header("<f4", (0, 4, 4)), "people": PEOPLE_, "probes": PROBES},
        {"scores": header("<f4", (65, 4, 4)), "people": PEOPLE_, "probes": PROBES},
        {"scores": header("<f4", (1, 4, 5)), "people": PEOPLE_, "probes": PROBES},
        {"scores": SCORES, "people": header("<U0", (10**12,)), "probes": PROBES},
        {"scores": SCORES, "people": header("<U8", ()), "probes": PROBES},
        {"scores": SCORES, "people": PEOPLE_, "probes": header("<f8", (4,))},
        {"scores": SCORES, "people": PEOPLE_, "probes": header("<i8", (2, 2))},
        {"scores": SCORES, "people": PEOPLE_, "probes": header("", (), "((((")},
        {"scores": SCORES, "people": PEOPLE_, "probes": header("", (), " " * 60_000)},
        {"scores": SCORES, "people": PEOPLE_},
        {"scores": SCORES, "people": PEOPLE_, "probes": PROBES, "more": PROBES},
    ],
)
def test_arrays_of_another_kind_or_size_are_not_loaded(bundle: Path, arrays: dict[str, bytes]) -> None:
    odd = io.BytesIO()
    with zipfile.ZipFile(odd, "w") as made:
        for name, content in arrays.items():
            made.writestr(f"{name}.npy", content)
    (line,) = validate(rebuilt(bundle, {**unpacked(bundle), CLAIM_NAME: odd.getvalue()})).problems
    assert "is damaged, or not what a run writes" in line


def test_a_second_name_that_other_programs_believe_is_refused(bundle: Path) -> None:
    """`unzip` would write it under that one: a file of the keeper's own, such as a verdict."""
    name = b"verification.json"
    content = b"\x01" + zlib.crc32(b"a.png").to_bytes(4, "little") + name
    entry = zipfile.ZipInfo("a.png")
    entry.extra = (0x7075).to_bytes(2, "little") + len(content).to_bytes(2, "little") + content
    with zipfile.ZipFile(bundle, "a") as archive:
        archive.writestr(entry, b"{}")
    (line,) = validate(bundle).problems
    assert "has a second name" in line


def test_a_picture_is_one(bundle: Path) -> None:
    (line,) = validate(rebuilt(bundle, {**unpacked(bundle), "a.png": b"{}"})).problems
    assert line == "a.png is no PNG picture"


def test_what_is_no_plain_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.unveil.zip")
    (tmp_path / "link.unveil.zip").symlink_to("/dev/zero")
    for name in ("pipe.unveil.zip", "link.unveil.zip"):
        (line,) = validate(tmp_path / name).problems
        assert "is no plain file" in line


def test_every_flipped_byte_of_a_linkage_is_a_line_and_no_crash(bundle: Path) -> None:
    files = unpacked(bundle)
    for place in range(0, len(files[CLAIM_NAME]), 97):
        content = bytearray(files[CLAIM_NAME])
        content[place] ^= 0x55
        for line in validate(rebuilt(bundle, {**files, CLAIM_NAME: bytes(content)})).problems:
            assert "\n" not in line


def test_a_file_of_no_stated_kind_is_a_plain_one(tmp_path: Path) -> None:
    bundle = tmp_path / "plain.unveil.zip"
    with zipfile.ZipFile(bundle, "w") as made:
        made.writestr(RECORD_NAME, b"{}")  # as most programs write it
    assert unpacked(bundle) == {RECORD_NAME: b"{}"}
