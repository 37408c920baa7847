"""Bundles: made the same way every time, and believed in nothing."""

import io
import json
import math
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard.submissions import archive
from bench.leaderboard.submissions.archive import packed, unpacked
from bench.leaderboard.submissions.bundle import MANIFEST_NAME, Manifest, hashed, most_bytes
from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.validate import validate
from bench.records.claims import CLAIM_NAME
from bench.records.files import RECORD_NAME
from tests.factories import judged_record, seeing

PEOPLE = tuple(f"p{number // 2:02d}" for number in range(24))
CONTROLS = {name: {"meaning": "x", "scores": {}} for name in ("do-nothing", "atlas", "random-other", "oracle-key")}
DICE = {person: {"GM": 0.7, "WM": 0.7, "CSF": 0.7} for person in sorted(set(PEOPLE))}
INTERVAL = {"value": 0.7, "low": 0.68, "high": 0.72, "n": 12}
FINE: dict[str, Any] = {
    "utility": {
        "dice_per_subject": DICE,
        "dice": dict.fromkeys(("GM", "WM", "CSF"), INTERVAL),
        "dice_average": INTERVAL,
    },
    "privacy": {"controls": CONTROLS, "headline_by_key": []},
}
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that nothing speaks against."""
    path, record = judged_record(tmp_path / "run", PEOPLE, seeing(PEOPLE, set(PEOPLE[:12])), **FINE)
    path.write_text(record.model_dump_json())
    return path


@pytest.fixture
def bundle(run: Path, tmp_path: Path) -> Path:
    return pack(run, tmp_path / "out")


def rebuilt(bundle: Path, files: dict[str, bytes], *, honest: bool = True) -> Path:
    """The bundle with other files; `honest`: and with a list of them that fits."""
    if honest:
        listed = {name: hashed(content) for name, content in files.items() if name != MANIFEST_NAME}
        cell = Manifest.model_validate_json(files[MANIFEST_NAME]).cell
        files = {**files, MANIFEST_NAME: Manifest(cell=cell, files=listed).model_dump_json().encode()}
    bundle.write_bytes(packed(files))
    return bundle


def forged(bundle: Path, change: Change, *, honest: bool = True) -> Path:
    """The bundle with another record."""
    files = unpacked(bundle)
    raw = json.loads(files[RECORD_NAME])
    change(raw)
    return rebuilt(bundle, {**files, RECORD_NAME: json.dumps(raw).encode()}, honest=honest)


def test_a_bundle_of_an_honest_run_is_fine_and_always_the_same(run: Path, bundle: Path, tmp_path: Path) -> None:
    examined = validate(bundle)
    assert examined.problems == ()
    assert set(examined.files) == {RECORD_NAME, CLAIM_NAME, MANIFEST_NAME}
    assert pack(run.parent, tmp_path / "again").read_bytes() == bundle.read_bytes()


def test_pictures_of_real_scans_stay_where_they_are_unless_they_are_wanted(run: Path, tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"x" * 20
    (run.parent / "steps.png").write_bytes(picture)
    raw = json.loads(run.read_text())
    for synthetic, wanted, expected in (
        (False, None, False),
        (True, None, True),
        (False, True, True),
        (True, False, False),
    ):
        raw["data"]["synthetic"], raw["pictures"] = synthetic, ["steps.png"]
        run.write_text(json.dumps(raw))
        assert ("steps.png" in unpacked(pack(run, tmp_path / "out", pictures=wanted))) is expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(protocol_version="0.1"), "measured under protocol 0.1"),
        (lambda r: r.update(schema_version=9), "has record schema 9"),
        (lambda r: r.update(surprise=1), "does not fit the record schema at surprise"),
        (lambda r: r.update(command="x" * 3000), "command is a text of 3000 characters"),
        (lambda r: r["defense"]["settings"].update({"y" * 3000: 1}), "has 3000 characters"),
        (lambda r: r["data"]["subjects"].update(test=4), "only 4 test people"),
        (lambda r: r["utility"]["dice_average"].update(value=1.2, high=1.3), "outside [0, 1]"),
        (lambda r: r["utility"]["dice_average"].update(value=0.9), "outside its own interval"),
        (lambda r: r["utility"]["dice_average"].update(value=None, low=0.1), "has an interval and no value"),
        (
            lambda r: r["utility"]["dice_average"].update(value=0.9, low=0.85, high=0.95),
            "average Dice is 0.900, the people in the record have 0.700",
        ),
        (lambda r: r["utility"]["dice_average"].update(n=4000), "speaks of 4000 people"),
        (lambda r: r["utility"]["dice"].pop("GM"), "Dice of WM, CSF, the data have GM, WM, CSF"),
        (lambda r: r["cost"].update(client_seconds=-1), "below 0"),
        (lambda r: r["data"].update(spacing_mm=0), "a grid of"),
        (lambda r: r["privacy"]["controls"].pop("atlas"), "controls are missing: atlas"),
        (lambda r: r["attack"]["threat"].update(goal="fame"), "nobody can score the goal fame"),
        (lambda r: r.update(validity=None), "no known-answer checks"),
        (lambda r: next(iter(r["validity"]["leaks"].values())).update(passed=False), "missed a planted leak"),
        (lambda r: r["privacy"].update(linkage=None), "no linkage file"),
        (lambda r: r["privacy"].update(linkage="../../etc/passwd"), "is not in the bundle"),
        (lambda r: r["privacy"]["verification"]["auc"].update(value=0.5, low=0.4, high=0.6), "gives AUC"),
        (lambda r: r["privacy"].update(headline_by_key=[0.01, 0.02]), "under every set of keys average 0.015"),
        (lambda r: r["cost"].update(total_seconds=math.nan), "cost.total_seconds is no number"),
        (lambda r: r.update(cell="another"), "about another cell"),
    ],
)
def test_what_is_forged_or_missing_is_said_in_a_line(bundle: Path, change: Change, words: str) -> None:
    problems = validate(forged(bundle, change)).problems
    assert [line for line in problems if words in line], problems
    assert not [line for line in problems if "\n" in line]


def test_an_attack_that_is_not_ok_is_no_entry(bundle: Path) -> None:
    def fail(raw: dict[str, Any]) -> None:
        raw.update(status="timeout", reason="too slow", privacy=None)

    assert any("never ranked" in line for line in validate(forged(bundle, fail)).problems)


def test_markup_in_a_record_stays_text(bundle: Path) -> None:
    def inject(raw: dict[str, Any]) -> None:
        raw["defense"]["name"] = '"><img src=x onerror=alert(1)>'

    assert validate(forged(bundle, inject)).problems == ()  # it is only a name, and every page escapes names


def test_hashes_missing_and_stray_files_are_noticed(bundle: Path) -> None:
    files = unpacked(bundle)
    (line,) = validate(forged(bundle, lambda raw: raw.update(created="2020-01-01T00:00:00Z"), honest=False)).problems
    assert line == f"{RECORD_NAME} is not the file that was packed: its hash differs"
    (line,) = validate(rebuilt(bundle, {**files, "extra.png": b"x"}, honest=False)).problems
    assert line == "extra.png is there and not listed"
    without = {name: content for name, content in files.items() if name != CLAIM_NAME}
    lines = validate(rebuilt(bundle, without, honest=False)).problems
    assert lines[0] == f"{CLAIM_NAME} is listed and missing"
    (line,) = validate(rebuilt(bundle, {MANIFEST_NAME: files[MANIFEST_NAME]})).problems
    assert line.startswith(f"{RECORD_NAME} is missing")
    lines = validate(rebuilt(bundle, {**files, MANIFEST_NAME: b"[]"}, honest=False)).problems
    assert lines[0].startswith(f"{MANIFEST_NAME} is no list of a bundle's files")


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


def test_every_flipped_byte_of_a_linkage_is_a_line_and_no_crash(bundle: Path) -> None:
    files = unpacked(bundle)
    for place in range(0, len(files[CLAIM_NAME]), 97):
        content = bytearray(files[CLAIM_NAME])
        content[place] ^= 0x55
        for line in validate(rebuilt(bundle, {**files, CLAIM_NAME: bytes(content)})).problems:
            assert "\n" not in line


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r["defense"]["settings"].update(deep=json.loads("[" * 60 + "]" * 60)), "nested more than 50 deep"),
        (lambda r: r["defense"].update(name="\ud800"), "half of a character"),
        (lambda r: r["cost"].update(bytes_sent=10**400), "more than 64 bits"),
        (lambda r: r["data"].update(spacing_mm="nan"), "spacing_mm is no number"),
    ],
)
def test_what_no_run_writes_is_refused(bundle: Path, change: Change, words: str) -> None:
    problems = validate(forged(bundle, change)).problems
    assert [line for line in problems if words in line], problems


def test_an_honest_control_may_have_a_psnr_below_0(bundle: Path) -> None:
    def amplify(raw: dict[str, Any]) -> None:
        raw["privacy"]["controls"]["do-nothing"]["scores"]["psnr"] = {"value": 9.2, "low": -0.06, "high": 18.2, "n": 12}

    assert validate(forged(bundle, amplify)).problems == ()


def test_names_in_a_record_choose_no_place_for_its_bundle(run: Path, tmp_path: Path) -> None:
    raw = json.loads(run.read_text())
    raw["defense"]["name"] = "../../else\x00where/x"
    run.write_text(json.dumps(raw))
    assert pack(run, tmp_path / "out").parent == tmp_path / "out"
    raw["privacy"]["linkage"] = "/etc/hostname"
    run.write_text(json.dumps(raw))
    with pytest.raises(BenchError, match=r"a run writes linkage\.npz"):
        pack(run, tmp_path / "out")


def test_a_folder_of_several_runs_is_no_bundle(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "run/other"
    other.mkdir()
    (other / RECORD_NAME).write_bytes(run.read_bytes())
    with pytest.raises(BenchError, match="holds 2 records"):
        pack(tmp_path / "run", tmp_path / "out")
