"""Which files are records."""

from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.records.files import find_records


def test_folders_whose_names_begin_with_a_dot_hold_no_results(tmp_path: Path) -> None:
    """Somebody runs a cell there, or was killed while doing so."""
    for name in ("a/record.json", ".again-x/b/record.json", "c/.trash/record.json"):
        (tmp_path / ".home" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".home" / name).touch()
    assert find_records([tmp_path / ".home"]) == [tmp_path / ".home/a/record.json"]  # given by name, it is meant
    with pytest.raises(BenchError, match=r"no record\.json under"):
        find_records([tmp_path])
