"""Versions of code: what a plugin computes with is in its version, what else changes is not."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import versions
from bench.attacks.invert_encoder import InvertEncoder
from bench.attacks.reid_msssim import ReidMsssim
from bench.attacks.tta_mean import TtaMean
from bench.defenses.mixup.variants import MixupLearned, MixupNaiveTTA
from bench.defenses.no_proxy import NoProxy
from bench.registry import Registry
from bench.versions import code_version, plugin_version

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "nearest_neighbor.py"


def test_code_versions_differ_by_module_and_refuse_unknown_ones() -> None:
    assert code_version("bench.seeds") == code_version("bench.seeds") != code_version("bench.types")
    with pytest.raises(ModuleNotFoundError):
        code_version("bench.nothing_of_the_kind")


def test_variants_of_one_package_share_a_version_and_neighbours_in_a_room_do_not() -> None:
    assert plugin_version(MixupLearned) == plugin_version(MixupNaiveTTA)
    assert len({plugin_version(cls) for cls in (MixupLearned, NoProxy, ReidMsssim)}) == 3


def _names(cls: type) -> set[str]:
    return {file.path.name for file in versions._files(cls)}


def test_what_a_plugin_imports_from_its_folder_is_part_of_its_version() -> None:
    assert {"tta_mean.py", "people.py", "equations.py", "alphas.py"} <= _names(TtaMean)
    assert _names(ReidMsssim) == {"reid_msssim.py"}


def test_the_network_that_a_plugin_builds_on_is_part_of_its_version() -> None:
    assert "inversion.py" in _names(InvertEncoder)
    assert "siamese.py" not in _names(InvertEncoder)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type]:
    """A package of a defense's author, and a helper beside it; one class of it."""
    files = {
        "mylab/__init__.py": "",
        "mylab/nets/__init__.py": "from . import unet",
        "mylab/nets/unet.py": "WIDTH = 1",
        "mylab/nets/unused.py": "WIDTH = 1",
        "mylab/attacks/__init__.py": "",
        "mylab/attacks/mine.py": "import tools\nimport torch.nn\nfrom ..nets import unet\nclass Mine: ...",
        "tools.py": "import more.deep.down",
        "more/deep/down.py": "VALUE = 1",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    known = set(sys.modules)
    yield importlib.import_module("mylab.attacks.mine").Mine
    for name in set(sys.modules) - known:
        if name.partition(".")[0] in {"mylab", "tools", "more"}:
            del sys.modules[name]


def _on_disk(cls: type) -> str:
    """The version of whoever loads it now."""
    versions._of_loaded.cache_clear()
    return plugin_version(cls)


@pytest.mark.parametrize("changed", ["mylab/nets/unet.py", "tools.py", "more/deep/down.py", "mylab/nets/__init__.py"])
def test_a_change_in_what_a_plugin_imports_is_another_version(lab: type, tmp_path: Path, changed: str) -> None:
    before = _on_disk(lab)
    (tmp_path / changed).write_text((tmp_path / changed).read_text() + "\nOTHER = 2")
    assert _on_disk(lab) != before


def test_what_a_plugin_does_not_use_and_what_is_installed_is_not_in_its_version(lab: type, tmp_path: Path) -> None:
    before = _on_disk(lab)
    (tmp_path / "mylab/nets/unused.py").write_text("WIDTH = 2")
    (tmp_path / "tools.py").write_text("# said better\nimport more.deep.down")
    assert _on_disk(lab) == before
    assert all(tmp_path in file.path.parents for file in versions._files(lab))


def test_two_files_of_one_name_are_two_plugins(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        text = EXAMPLE.read_text()
        (tmp_path / folder / "attack.py").write_text(text.replace('"nearest-neighbor"', f'"{folder}"'))
    paths = tuple(tmp_path / folder / "attack.py" for folder in ("one", "two"))
    registry = Registry(paths)
    one, two = (registry.find("attacks", name).load() for name in ("one", "two"))
    assert _on_disk(one) != _on_disk(two)
    before = _on_disk(one), _on_disk(two)
    paths[0].write_text(paths[0].read_text() + "\nOTHER = 2")
    assert _on_disk(one) != before[0]
    assert _on_disk(two) == before[1]


def test_an_edit_does_not_change_the_version_of_what_is_loaded_already(lab: type, tmp_path: Path) -> None:
    before = plugin_version(lab)
    (tmp_path / "tools.py").write_text("OTHER = 2")
    assert plugin_version(lab) == before
