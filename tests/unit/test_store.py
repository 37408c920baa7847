"""Content addresses."""

import sys
from pathlib import Path

import pytest

from bench.attacks.invert_encoder import InvertEncoder
from bench.attacks.reid_msssim import ReidMsssim
from bench.attacks.tta_mean import TtaMean
from bench.defenses.mixup.variants import MixupLearned, MixupNaiveTTA
from bench.defenses.no_proxy import NoProxy
from bench.store import Store, _imported_from_rooms, address, code_version, plugin_version


def test_equal_content_has_an_equal_address_whatever_the_order() -> None:
    assert address({"a": 1, "b": [2]}) == address({"b": [2], "a": 1})
    assert address({"a": 1}) != address({"a": 2})


def test_nan_has_no_address() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        address({"a": float("nan")})


def test_code_versions_differ_by_module_and_refuse_unknown_ones() -> None:
    assert code_version("bench.seeds") == code_version("bench.seeds") != code_version("bench.types")
    with pytest.raises(ModuleNotFoundError):
        code_version("bench.nothing_of_the_kind")


def test_variants_of_one_package_share_a_version_and_neighbours_in_a_room_do_not() -> None:
    assert plugin_version(MixupLearned) == plugin_version(MixupNaiveTTA)
    assert len({plugin_version(cls) for cls in (MixupLearned, NoProxy, ReidMsssim)}) == 3


def test_what_a_plugin_imports_from_its_folder_is_part_of_its_version() -> None:
    own = {path.name for path in _imported_from_rooms(Path(str(sys.modules[TtaMean.__module__].__file__)))}
    assert {"people.py", "equations.py", "alphas.py"} <= own
    assert "reid_msssim.py" not in own
    assert _imported_from_rooms(Path(str(sys.modules[ReidMsssim.__module__].__file__))) == set()


def test_the_network_that_a_plugin_builds_on_is_part_of_its_version() -> None:
    own = {path.name for path in _imported_from_rooms(Path(str(sys.modules[InvertEncoder.__module__].__file__)))}
    assert "inversion.py" in own
    assert "siamese.py" not in own


def test_a_change_in_a_shared_package_changes_the_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = plugin_version(TtaMean)
    changed = tmp_path / "people.py"
    changed.write_text("other = 1")
    monkeypatch.setattr("bench.store._imported_from_rooms", lambda path: {changed} - {path})
    assert plugin_version(TtaMean) != before


def test_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNVEIL_CACHE", str(tmp_path))
    assert Store.default().root == tmp_path
    monkeypatch.delenv("UNVEIL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Store.default().root == tmp_path / "xdg" / "unveil"
