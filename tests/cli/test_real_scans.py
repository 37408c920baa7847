"""The whole way with real scans."""

from pathlib import Path

from bench.records.files import find_records, read_record
from tests.cli.conftest import Bench

SMALL = ("--preset", "smoke", "--set", "max_subjects=20", "--set", "iterations=12", "--device", "cpu")


def test_real_scans_go_from_client_to_page(bench: Bench, ixi: Path, tmp_path: Path) -> None:
    words = ("run", "mixup-learned-tta", "reid-msssim", "--data", "bids", "--root", ixi, *SMALL)
    ended = bench(*words, "--out", tmp_path / "runs")
    assert ended.returncode == 0, ended.stderr
    assert "real scans, simulated second visits" in ended.stdout
    (path,) = find_records([tmp_path / "runs"])
    record = read_record(path)
    assert not record.data.synthetic
    assert record.data.revisits == "simulated"
    assert record.data.classes == ["background", "GM", "WM", "CSF"]
    assert sum(record.data.subjects.values()) == 20
    assert "sub-IXI" not in path.read_text()
    assert str(ixi) not in path.read_text()
    assert "--root DIR" in record.command
    assert record.privacy is not None
    assert record.privacy.controls["oracle-key"].scores["map"].value == 1
    built = bench("leaderboard", "build", tmp_path / "runs", "--out", tmp_path / "site")
    assert built.returncode == 0, built.stderr
    assert "real scans" in (tmp_path / "site" / "index.html").read_text()
