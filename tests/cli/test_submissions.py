"""A run is packed, checked, run again by somebody else, and believed, or not."""

import json
import subprocess
from pathlib import Path

import pytest

from bench.leaderboard.submissions.archive import packed, unpacked
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, hashed
from bench.records.files import RECORD_NAME, VERIFICATION_NAME
from tests.cli.conftest import TINY, Bench


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("submissions")


@pytest.fixture(scope="module")
def bundle(bench: Bench, folder: Path) -> Path:
    """Of a tiny run with just enough people."""
    ran = bench("run", "no-proxy", "reid-msssim", *TINY, "--set", "subjects=42", "--out", folder / "runs")
    assert ran.returncode == 0, ran.stderr
    made = bench("leaderboard", "pack", folder / "runs", "--out", folder / "bundles")
    assert made.returncode == 0, made.stderr
    (path,) = (folder / "bundles").iterdir()
    assert made.stdout.splitlines()[-1] == f"bundle  {path}"
    return path


def test_an_honest_bundle_is_fine_and_verified(bench: Bench, bundle: Path, folder: Path) -> None:
    checked = bench("leaderboard", "validate", bundle)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"fine    {bundle}" in checked.stdout
    again = bench("leaderboard", "verify", bundle, "--quiet", "--device", "cpu", "--out", folder / "verified")
    assert again.returncode == 0, again.stderr
    assert "verdict verified" in again.stdout
    assert "other weights" not in again.stderr  # the same machine trains the same network
    (verdict,) = (folder / "verified").rglob(VERIFICATION_NAME)
    assert json.loads(verdict.read_text())["verified"] is True
    assert (verdict.parent / RECORD_NAME).is_file()
    assert "with    defense: " in checked.stdout
    once_more = bench("leaderboard", "verify", bundle, "--quiet", "--out", folder / "verified")
    assert (once_more.returncode, "was run again before" in once_more.stderr) == (2, True)


def test_a_forged_utility_is_found_out(bench: Bench, bundle: Path, folder: Path) -> None:
    files = unpacked(bundle)
    raw = json.loads(files[RECORD_NAME])
    better = {"value": 0.98, "low": 0.97, "high": 0.99}
    utility = raw["utility"]
    for interval in (utility["dice_average"], *utility["dice"].values()):
        interval |= better
    for person in utility["dice_per_subject"].values():
        person |= dict.fromkeys(person, 0.98)
    assert len(raw["defense"]["weights_hash"]) == 16
    raw["defense"]["weights_hash"] = "0" * 16
    files[RECORD_NAME] = json.dumps(raw).encode()
    listed = {name: hashed(content) for name, content in files.items() if name != MANIFEST_NAME}
    files[MANIFEST_NAME] = Manifest(cell=raw["cell"], files=listed).model_dump_json().encode()
    forged = folder / "forged.unveil.zip"
    forged.write_bytes(packed(files))
    assert bench("leaderboard", "validate", forged).returncode == 0  # nothing in it speaks against it
    again = bench("leaderboard", "verify", forged, "--quiet", "--device", "cpu", "--out", folder / "forged")
    assert again.returncode == 3
    assert "verdict NOT verified" in again.stdout
    assert "differs another training: claimed weights 0000000000000000, found " in again.stderr
    assert list((folder / "forged").rglob(RECORD_NAME)) == []


def test_what_is_wrong_is_a_line_each_and_exit_code_2(bench: Bench, bundle: Path, folder: Path) -> None:
    damaged = folder / "damaged.unveil.zip"
    damaged.write_bytes(packed({**unpacked(bundle), RECORD_NAME: b"{}"}))
    for words in (("validate", damaged), ("verify", damaged), ("pack", folder / "nowhere"), ("diff", folder, damaged)):
        ended: subprocess.CompletedProcess[str] = bench("leaderboard", *words)
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr
        assert 1 <= len(ended.stderr.splitlines()) <= 4


def test_of_several_bundles_each_is_looked_at(bench: Bench, bundle: Path, folder: Path) -> None:
    damaged = folder / "half.unveil.zip"
    damaged.write_bytes(bundle.read_bytes()[:100])
    said = bench("leaderboard", "validate", damaged, bundle, folder / "nowhere.unveil.zip")
    assert said.returncode == 2
    assert f"fine    {bundle}" in said.stdout
    assert said.stdout.splitlines()[-1] == "checked 3 bundles, 1 of them fine"
    assert [line.split(":")[0] for line in said.stderr.splitlines()] == [
        "problem half.unveil.zip",
        "problem nowhere.unveil.zip",
    ]


def test_a_bundle_becomes_a_claim_and_a_verdict_counts_only_where_it_is_vouched_for(
    bench: Bench, bundle: Path, folder: Path
) -> None:
    records, damaged = folder / "records", folder / "part.unveil.zip"
    damaged.write_bytes(bundle.read_bytes()[:100])
    put = bench("leaderboard", "unpack", bundle, damaged, "--out", records)
    assert put.returncode == 2
    (record,) = records.rglob(RECORD_NAME)
    assert f"record  {record.parent}" in put.stdout
    assert "1 of 2 bundles stay out" in put.stderr
    again = bench("leaderboard", "unpack", bundle, "--out", records)
    assert (again.returncode, again.stdout) == (0, f"record  {record.parent}\n")

    def standing(*words: object) -> tuple[list[str], str]:
        built = bench("leaderboard", "build", *words, "--out", folder / "board")
        assert built.returncode == 0, built.stderr
        boards = json.loads((folder / "board/leaderboard.json").read_text())["groups"][0]["boards"]
        return [row["standing"] for board in boards for row in board["rows"]], built.stdout

    assert standing(records)[0] == ["claimed"]
    found, said = standing(records, folder / "verified")
    assert set(found) == {"claimed"}
    assert "counts only below a folder given with --verified" in " ".join(said.split())
    assert standing(records, "--verified", folder / "verified")[0] == ["verified"]
    assert standing("--verified", folder / "verified")[0] == ["verified"]
    assert "no records given" in bench("leaderboard", "build").stderr


def test_diff_says_what_is_new(bench: Bench, bundle: Path, folder: Path) -> None:
    empty = folder / "empty"
    empty.mkdir()
    (empty / "leaderboard.json").write_text('{"format_version": 3, "groups": []}')
    said = bench("leaderboard", "diff", empty, folder / "runs")
    assert said.returncode == 0
    assert "+ no-proxy x reid-msssim, seed 0: ok" in said.stdout
    assert bench("leaderboard", "diff", folder / "runs", folder / "runs").stdout == "no difference\n"
