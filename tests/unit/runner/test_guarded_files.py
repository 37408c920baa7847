"""The suite's folders are out of an attack's reach, by whatever name it asks for what lies there."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.records.schema import Status
from bench.runner.attack.places import OF_A_RUN, Hashed, Places
from bench.types.claim import Linkage
from bench.types.scan import Roles
from bench.view import AttackerView
from tests.unit.runner.verdicts import GUESS, verdict_on


def _through(view: AttackerView, deed: Callable[[], Any]) -> Linkage:
    deed()
    return GUESS


def _from_above(folder: Path) -> Any:
    above = os.open(folder.parent, os.O_RDONLY)
    return os.open(f"{folder.name}/traffic/00000-reply.npz", os.O_RDONLY, dir_fd=above)


def _from_aside(folder: Path) -> Any:
    aside = os.open("/usr", os.O_RDONLY)
    return os.open(f"..{folder}/traffic/00000-reply.npz", os.O_RDONLY, dir_fd=aside)


def _from_here(folder: Path) -> Any:
    before = Path.cwd()
    os.chdir(folder.parent)
    try:
        return os.listdir(folder.name)
    finally:
        os.chdir(before)


def _by_link(folder: Path) -> Any:
    """To a file that lies in the folder by a link only."""
    return (folder / "linked").read_bytes()


def _renamed(folder: Path) -> Any:
    """Takes the suite's folder along under another name."""
    folder.parent.rename(folder.parent.with_name("moved"))


READS: dict[str, Callable[[Path], Any]] = {
    "folder above": _from_above,
    "folder aside": _from_aside,
    "current folder": _from_here,
    "linked out": _by_link,
    "renamed above": _renamed,
    "list": lambda folder: list(folder.iterdir()),
    "walk": lambda folder: list(os.walk(folder)),
    "open": lambda folder: (folder / "traffic" / "00000-reply.npz").read_bytes(),
    "load": lambda folder: np.load(folder / "traffic" / "00000-reply.npz"),
    "link": lambda folder: os.link(folder / "traffic" / "00000-reply.npz", folder.parent / "mine.npz"),
    "write": lambda folder: (folder / "traffic" / "00000-release.npz").write_bytes(b""),
}


@pytest.mark.parametrize("name", READS)
def test_the_suites_folders_are_out_of_reach(name: str, roles: Roles, tmp_path: Path) -> None:
    away = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    away.write_bytes(b"a scan")
    (tmp_path / "linked").symlink_to(away)
    verdict = verdict_on(lambda view: _through(view, lambda: READS[name](tmp_path)), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "touched a file of the suite's cache" in verdict.reason
    assert "Observes.REPLY" in verdict.reason


def test_a_place_is_known_by_its_hash_alone(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    (secret / "own").mkdir(parents=True)
    (tmp_path / "link").symlink_to(secret)
    hashed = Hashed.of({tmp_path / "link": "the dataset"})
    assert "secret" not in str(hashed)
    assert set(hashed.within.values()) == {"the dataset"}
    places = Places(hashed, [secret / "own"])
    for name in ("secret", "secret/a/b", "link/a", "other/../secret/a"):
        assert places.entered([str(tmp_path / name)]) == "the dataset"
    for name in ("", "other", "secrets", "secret/own/x", "link/own", "secret/../other"):
        assert places.entered([str(tmp_path / name)]) is None
    assert places.entered([os.fsencode(secret)]) == places.entered([secret]) == "the dataset"
    assert places.entered([str(tmp_path)], moved=True) == places.entered(["/"], moved=True) == "the dataset"
    assert places.entered([str(tmp_path / "other")], moved=True) is None


def test_what_other_runs_found_is_the_truth_wherever_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(Hashed({}, {}), [tmp_path / "own"])
    (tmp_path / "innocent").symlink_to(tmp_path / "linkage.npz")
    monkeypatch.chdir(tmp_path)
    for name in ("linkage.npz", "a/record.json", "verification.json", "b/x.unveil.zip", "innocent"):
        assert places.entered([str(tmp_path / name)]) == places.entered([name]) == OF_A_RUN
    assert places.entered([str(tmp_path / "own/record.json")]) is None
    assert places.entered([str(tmp_path / "linkage")]) is None


def test_an_open_folder_is_as_good_as_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places(Hashed.of({tmp_path: "the dataset"}), [])
    (tmp_path / "scan.nii").touch()
    opened = os.open(tmp_path, os.O_RDONLY)
    try:
        assert places.entered([opened]) == "the dataset"
        assert places.entered(["scan.nii"]) == "the dataset"  # from there, perhaps: the event does not say
        assert places.entered(["nothing.nii"]) is None
    finally:
        os.close(opened)
    assert places.entered(["scan.nii"]) is None
    assert places.entered([None]) is None
    reading, writing = os.pipe()
    assert places.entered([reading]) is None
    os.close(reading)
    os.close(writing)
    assert places.entered([reading]) is None
    monkeypatch.chdir(tmp_path)
    assert places.entered([None]) == places.entered(["scan.nii"]) == "the dataset"
