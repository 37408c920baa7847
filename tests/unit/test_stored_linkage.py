"""The linkage kept beside a record."""

from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.records.claims import StoredLinkage, read_linkage, write_linkage


def _linkage() -> StoredLinkage:
    return StoredLinkage(np.arange(9, dtype=np.float32).reshape(1, 3, 3), ("a1", "b2", "a1"))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cell" / "linkage.npz"
    write_linkage(_linkage(), path)
    found = read_linkage(path)
    assert np.array_equal(found.scores, _linkage().scores)
    assert found.people == ("a1", "b2", "a1")
    assert [file.name for file in path.parent.iterdir()] == ["linkage.npz"]


@pytest.mark.parametrize("damage", ["missing", "truncated", "other"])
def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "linkage.npz"
    if damage != "missing":
        write_linkage(_linkage(), path)
    if damage == "truncated":
        path.write_bytes(path.read_bytes()[:100])
    if damage == "other":
        np.savez(path, scores=np.zeros((1, 2, 3), np.float32), people=np.array(["a"]))
    with pytest.raises(BenchError, match="run the command of the record beside it again"):
        read_linkage(path)


def test_a_row_without_a_person_is_refused() -> None:
    with pytest.raises(ValueError, match="must be square"):
        StoredLinkage(np.zeros((1, 2, 2), np.float32), ("a",))


def test_which_rows_were_asked_is_kept(tmp_path: Path) -> None:
    scores = np.full((2, 3, 3), np.nan, np.float32)
    scores[:, 1] = 1
    write_linkage(StoredLinkage(scores, ("a1", "b2", "a1"), (1,)), tmp_path / "linkage.npz")
    found = read_linkage(tmp_path / "linkage.npz")
    assert found.probes == (1,)
    assert np.array_equal(found.scores, scores, equal_nan=True)
    with pytest.raises(ValueError, match="must name rows of 3"):
        StoredLinkage(scores, ("a1", "b2", "a1"), (3,))
