"""A file is the old one or the new one, whatever happens while it is written."""

import os
import stat
from pathlib import Path

import pytest

from bench.atomic import replacing, write_bytes, write_text


def test_the_folder_is_made_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "page.html", "é\n")
    assert (tmp_path / "new" / "page.html").read_bytes() == "é\n".encode()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["page.html"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "scores.npz"
    write_bytes(place, b"old")

    def fail_half_way() -> None:
        with replacing(place) as temporary:
            temporary.write_bytes(b"ha")
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        fail_half_way()
    assert place.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [place]


def test_an_interrupt_leaves_no_half_folder(tmp_path: Path) -> None:
    def stop_half_way() -> None:
        with replacing(tmp_path / "scan") as temporary:
            temporary.mkdir()
            (temporary / "image.nii.gz").write_bytes(b"ha")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_half_way()
    assert list(tmp_path.iterdir()) == []


def test_until_the_block_ends_readers_meet_the_old_file(tmp_path: Path) -> None:
    place = tmp_path / "record.json"
    write_text(place, "old")
    with replacing(place) as temporary:
        temporary.write_text("new")
        assert place.read_text() == "old"
    assert place.read_text() == "new"


def test_whoever_looks_for_such_files_does_not_meet_the_unfinished_one(tmp_path: Path) -> None:
    with replacing(tmp_path / "network.pt") as temporary:
        temporary.write_bytes(b"ha")
        assert list(tmp_path.glob("*.pt")) == []
    assert list(tmp_path.glob("*.pt")) == [tmp_path / "network.pt"]


def test_two_writers_do_not_meet(tmp_path: Path) -> None:
    with replacing(tmp_path / "one") as first, replacing(tmp_path / "one") as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert (tmp_path / "one").read_text() == "first"  # the block that ended last


def test_others_may_read_it_as_the_user_decided(tmp_path: Path) -> None:
    write_text(tmp_path / "page.html", "")
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o666 & ~mask
