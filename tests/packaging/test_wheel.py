"""The wheel, installed where somebody else's `models` and `attacks` lie about."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKED = ("pyproject.toml", "README.md", "LICENSE", "bench", "attacks", "defenses", "models", "leaderboard")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built through an sdist, as a release is."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    source.mkdir()
    for name in PACKED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    _run(place, sys.executable, "-m", "build", "--no-isolation", "--outdir", str(place / "dist"), str(source))
    (built,) = (place / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment with the wheel; what it depends on comes from this one."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False)
    python = place / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(place)}))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # A path line, unlike an environment that inherits, does not carry over the checkout's own editable install.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with packages of our folders' names that break when imported."""
    place = tmp_path_factory.mktemp("crowded")
    for name in ("attacks", "defenses", "models", "leaderboard"):
        (place / name).mkdir()
        (place / name / "__init__.py").write_text("raise ImportError('somebody else')")
    return place


def test_the_wheel_holds_the_five_folders_and_the_templates(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("cli/app", "attacks/reid_msssim", "defenses/no_proxy", "models/unetpp", "leaderboard/build"):
        assert f"bench/{name}.py" in names
    assert "bench/leaderboard/page/templates/page.html.j2" in names
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bench"}


def test_every_plugin_loads_among_decoys(installed: Path, crowded: Path) -> None:
    said = _run(crowded, str(installed), "-m", "bench", "doctor")
    assert f"package: {installed.parent.parent}" in said
    assert "all well" in said
    listed = _run(crowded, str(installed), "-m", "bench", "list")
    assert "mixup-learned-tta" in listed
    assert "broken" not in listed


@pytest.mark.slow
def test_the_contract_tests_pass_among_decoys(installed: Path, crowded: Path) -> None:
    shutil.copytree(ROOT / "tests", crowded / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    said = _run(crowded, str(installed), "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/contract")
    assert " passed" in said
    assert "failed" not in said


def _run(place: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    ended = subprocess.run(
        words,
        cwd=place,
        env=environment | {"COLUMNS": "200", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
