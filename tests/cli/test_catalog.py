"""`bench list`, `show`, `doctor`, `schema`, `--version`, `leaderboard build`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import bench
from bench.cli.app import app
from bench.cli.run import spelled
from bench.records.files import write_record
from bench.registry import Registry
from tests.factories import make_record


def _output(*words: str, code: int = 0) -> str:
    ended = CliRunner().invoke(app, list(words))
    assert ended.exit_code == code, ended.output
    return ended.output


def test_list_names_every_plugin() -> None:
    printed = _output("list")
    for entry in Registry().entries:
        assert entry.name in printed


@pytest.mark.parametrize("entry", Registry().entries, ids=lambda entry: entry.name)
def test_show_tells_source_settings_and_threat_model(entry: object) -> None:
    name, kind = entry.name, entry.kind  # type: ignore[attr-defined]
    printed = _output("show", name, "--preset", "quick")
    assert "source:" in printed
    assert "settings" in printed
    assert ("threat model: T" in printed) is (kind == "attacks")


def test_show_evaluation_lists_what_is_measured() -> None:
    shown = _output("show", "evaluation", "--preset", "smoke")
    assert "reference_pool = private" in shown
    assert "under this preset: 28,36,28" in shown


def test_show_says_why_a_broken_plugin_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "half.py"
    path.write_text(
        "from bench.attack import Attack\n"
        "class Half(Attack):\n"
        "    name = 'half'\n"
        "    def run(self, view, trainer): ...\n"
    )
    assert "broken: Half lacks summary, source, goal, threat" in " ".join(
        _output("show", "half", "--plugin", str(path), code=2).split()
    )
    assert "broken: Half lacks" in " ".join(_output("list", "--plugin", str(path)).split())


@pytest.mark.parametrize("summary", ["[/bold] no opening", "[red]painted[/red]", "[link=https://x]y[/link]"])
def test_what_a_plugin_says_of_itself_is_shown_as_it_is(tmp_path: Path, summary: str) -> None:
    text = (Path(__file__).parents[2] / "docs" / "examples" / "nearest_neighbor.py").read_text()
    path = tmp_path / "[odd] name.py"
    before = text.split('summary: ClassVar[str] = "')[1].split('"')[0]
    path.write_text(text.replace(before, summary))
    assert summary in " ".join(_output("list", "--plugin", str(path)).split())
    assert "[odd] name.py" in "".join(_output("show", "nearest-neighbor", "--plugin", str(path)).split("\n"))


def test_doctor_finds_this_installation_well() -> None:
    assert "all well" in _output("doctor")


def test_version() -> None:
    assert _output("--version") == f"unveil-bench {bench.__version__}\n"


def test_schema_is_json_with_a_version() -> None:
    assert json.loads(_output("schema", "record"))["properties"]["schema_version"]["const"] == 1


def test_help_does_not_wait_for_torch() -> None:
    code = "import bench.cli.app, sys; print('torch' in sys.modules or 'pydantic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_leaderboard_is_built_from_a_folder_of_records(tmp_path: Path) -> None:
    write_record(make_record(), tmp_path / "runs" / "a" / "record.json")
    printed = _output("leaderboard", "build", str(tmp_path / "runs"), "--out", str(tmp_path / "site"))
    for words in ("ixi, quick", "mixup", "0.800", "0.300"):
        assert words in printed
    for name in ("site/index.html", "site/leaderboard.json", "runs/a/record.json"):
        assert str(tmp_path / name) in printed
    assert "<html" in (tmp_path / "site" / "index.html").read_text()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON record"),
        ('{"schema_version": 99}', "has record schema 99; this version reads 1"),
        ('{"schema_version": 1}', "does not fit the record schema at"),
    ],
)
def test_a_bad_record_is_one_clear_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)
    ended = CliRunner().invoke(app, ["leaderboard", "build", str(path), "--out", str(tmp_path / "site")])
    assert ended.exit_code == 2
    assert message in ended.output
    assert ended.output.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "--data", "bids", "--root", "data"], "bench run --data bids --root DIR"),
        (["run", "--root", ".", "--set", "strength=0.1"], "bench run --root DIR --set strength=0.1"),
        (["run", "--root=/home/me/scans"], "bench run --root=DIR"),
        (["run", "--out", "/home/me/runs", "--plugin", "/home/me/attack.py"], "bench run --out OUT --plugin attack.py"),
        (["run", "--out", "runs/a b"], "bench run --out 'runs/a b'"),
    ],
)
def test_a_record_says_the_command_and_not_where_files_lie(words: list[str], expected: str) -> None:
    assert spelled(words) == expected
