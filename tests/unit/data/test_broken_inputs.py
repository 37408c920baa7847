"""A corpus of broken inputs: each is one line that names the file and says what to do, and leaves nothing behind."""

import shutil
from dataclasses import replace
from pathlib import Path

import nibabel
import pytest
from typer.testing import CliRunner

from bench.cli.app import app
from bench.data.layouts.manifest import Manifest
from bench.data.prepare.result import Preparation
from bench.data.prepare.run import prepare
from bench.data.source import LABELLED
from bench.errors import BenchError
from bench.progress import Task
from tests.bids_trees import SMALL
from tests.cohort_trees import manifest_tree
from tests.unit.data import broken_files, broken_tables, broken_volumes
from tests.unit.data.broken import CORPUS

PARTS = (broken_files, broken_tables, broken_volumes)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return manifest_tree(tmp_path_factory.mktemp("good") / "data")


@pytest.fixture
def root(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def test_the_corpus_is_large_enough() -> None:
    assert {damage.__module__ for damage, _ in CORPUS.values()} == {part.__name__ for part in PARTS}
    assert len(CORPUS) >= 40


def test_the_undamaged_cohort_loads(root: Path) -> None:
    assert len(Manifest().load(root, SMALL)) == 16


@pytest.mark.parametrize("name", CORPUS)
def test_a_broken_input_is_one_line_that_names_it_and_the_remedy(name: str, root: Path) -> None:
    damage, remedy = CORPUS[name]
    named = damage(root)
    with pytest.raises(BenchError) as caught:
        Manifest().load(root, SMALL)
    message = str(caught.value)
    assert "\n" not in message
    assert str(root / named) in message if named else str(root) in message
    assert remedy in message


def _prepare_only(root: Path, subject: str, out: Path) -> None:
    """Without the seven good scans, which take time and are tested elsewhere."""
    listing = Manifest().listing(root)
    rows = tuple(row for row in listing.rows if row.subject == subject)
    prepare(replace(listing, rows=rows), LABELLED, Preparation(spacing_mm=8.0), out, "test", Task("", 1))


@pytest.mark.parametrize("name", [name for name in CORPUS if name != "people who are all related"])
def test_a_broken_input_leaves_nothing_half_written(name: str, root: Path, tmp_path: Path) -> None:
    CORPUS[name][0](root)
    out = tmp_path / "out"
    with pytest.raises(BenchError):
        _prepare_only(root, "p02", out)
    assert [path for path in out.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "name", ["truncated gzip", "label that the table does not list", "missing file", "table that is not utf8"]
)
def test_the_command_ends_with_2_and_that_line(name: str, root: Path) -> None:
    named = CORPUS[name][0](root)
    ended = CliRunner().invoke(app, ["data", "check", "manifest", "--root", str(root), "--quiet"])
    assert ended.exit_code == 2
    lines = [line for line in ended.output.splitlines() if line.startswith(("error:", "problem:"))]
    assert len(lines) == 1
    assert str(root / named) in lines[0]
    assert "Traceback" not in ended.output


def test_what_nobody_may_read_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(nibabel, "load", refuse)
    with pytest.raises(BenchError, match=r"00-0.nii.gz cannot be read .*Permission denied.*and 7 more"):
        Manifest().load(root, SMALL)
