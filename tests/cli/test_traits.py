"""Traits as a user asks for them: on the phantom, and on scans of whom nobody wrote down age or sex."""

from pathlib import Path

import pytest

from bench.records.files import find_records, read_record
from tests.bids_trees import ball, write
from tests.cli.conftest import Bench


@pytest.mark.slow
def test_sex_is_told_from_unprotected_made_up_people(bench: Bench, tmp_path: Path) -> None:
    ended = bench("run", "no-proxy", "segmap-traits", "--preset", "smoke", "--device", "cpu", "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "AUC of the trait that leaks most" in ended.stdout
    record = read_record(find_records([tmp_path])[0])
    assert record.privacy is not None
    found = record.privacy.scores["worst_trait"]
    assert found.value.low is not None
    assert found.chance is not None
    assert 0.5 < found.chance < 0.7  # the better of two
    assert found.value.low > found.chance
    page = bench("leaderboard", "build", tmp_path, "--out", tmp_path / "board")
    assert page.returncode == 0, page.stderr


def test_scans_of_unknown_people_are_refused_in_one_line(bench: Bench, tmp_path: Path) -> None:
    for person in range(8):
        folder, (image, labels) = tmp_path / f"sub-{person:02d}" / "anat", ball(person)
        write(folder / f"sub-{person:02d}_T1w.nii.gz", image)
        write(folder / f"sub-{person:02d}_dseg.nii.gz", labels)
    data = ("--data", "bids", "--root", tmp_path, "--preset", "smoke", "--out", tmp_path / "runs")
    ended = bench("run", "no-proxy", "segmap-traits", *data)
    assert ended.returncode == 2
    last = ended.stderr.strip().splitlines()[-1]
    assert "segmap-traits needs people's age or sex, and cohort bids has neither: add columns age or sex" in last
    assert "participants.tsv for bids" in last
    assert "--data phantom" in last
    assert "Traceback" not in ended.stderr
    suite = bench("run", "no-proxy", "adaptive", "--only", "segmap-traits", *data)
    assert suite.returncode == 2  # no other attack was asked for
    assert "segmap-traits needs people's age or sex" in suite.stderr
