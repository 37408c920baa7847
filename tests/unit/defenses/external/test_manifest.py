"""What a manifest may ask for, and which files it may name."""

import os
import re
from pathlib import Path

import pytest
import torch

from bench.defenses.external import program
from bench.defenses.external.manifest import read_package
from bench.defenses.external.program import Program
from bench.errors import BenchError
from tests.brought import MANIFEST, Halver, plain, write_method


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (plain(table_x="[input]\nmultiple = 257"), "input.multiple = 257 does not fit: Input should be less than or"),
        (MANIFEST.replace("queries = 3", "queries = 1001"), "queries = 1001 does not fit: Input should be less than"),
        (
            MANIFEST.replace("shape = [1, 1, 1, 1]", "shape = [1000, 1000, 334]"),
            "key.noise.shape = [1000, 1000, 334] for 3 queries is more than 1e+09 numbers",
        ),
    ],
)
def test_what_no_memory_holds_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    manifest = write_method(tmp_path, text)
    with pytest.raises(BenchError, match=re.escape(message)) as raised:
        read_package(manifest)
    assert str(raised.value).startswith(str(manifest))
    assert "\n" not in str(raised.value)


def test_the_largest_that_is_let_through(tmp_path: Path) -> None:
    text = MANIFEST.replace("queries = 3", "queries = 1000").replace("[1, 1, 1, 1]", "[1000, 1000]")
    said = read_package(write_method(tmp_path, text.replace("multiple = 8", "multiple = 256"))).manifest
    assert (said.queries, said.input.multiple) == (1000, 256)


def test_padding_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_large(*_: object) -> torch.Tensor:
        raise RuntimeError("cannot allocate memory")

    data = (write_method(tmp_path, encoder=Halver()).parent / "encoder.pt").read_bytes()
    network = Program(data, ".pt", "encoder", 256, torch.device("cpu"))
    monkeypatch.setattr(program, "_padded", too_large)
    with pytest.raises(BenchError, match=re.escape("encoder stops on what it is given (1x1x2x3x4): RuntimeError: can")):
        network(torch.zeros(1, 1, 2, 3, 4))


@pytest.mark.parametrize("way", ["..", "absolute", "link", "link to a folder"])
def test_a_file_outside_of_the_folder_is_refused(tmp_path: Path, way: str) -> None:
    outside = write_method(tmp_path / "outside").parent
    manifest = write_method(tmp_path / "method")
    (tmp_path / "method" / "linked").symlink_to(outside)
    (tmp_path / "method" / "linked.pt").symlink_to(outside / "encoder.pt")
    named = {
        "..": "../outside/encoder.pt",
        "absolute": str(outside / "encoder.pt"),
        "link": "linked.pt",
        "link to a folder": "linked/encoder.pt",
    }[way]
    manifest.write_text(MANIFEST.replace("encoder.pt", named))
    with pytest.raises(
        BenchError, match=re.escape(f"[encoder] file = {named!r} lies outside of the manifest's folder")
    ):
        read_package(manifest)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str) -> None:
    """A pipe would be waited for without end."""
    manifest = write_method(tmp_path, MANIFEST.replace("encoder.pt", "other.pt"))
    (tmp_path / "other.pt").mkdir() if kind == "folder" else os.mkfifo(tmp_path / "other.pt")
    with pytest.raises(BenchError, match=re.escape("[encoder] file = 'other.pt' is no regular file")):
        read_package(manifest)


def test_a_folder_below_and_a_manifest_behind_a_link_are_let_through(tmp_path: Path) -> None:
    manifest = write_method(tmp_path / "method", MANIFEST.replace("encoder.pt", "networks/encoder.pt"))
    (tmp_path / "method" / "networks").mkdir()
    (tmp_path / "method" / "encoder.pt").rename(tmp_path / "method" / "networks" / "encoder.pt")
    (tmp_path / "linked").symlink_to(tmp_path / "method")
    assert read_package(tmp_path / "linked" / "model.toml").digest == read_package(manifest).digest
