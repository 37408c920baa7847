"""Content addresses."""

from pathlib import Path

import pytest

from bench.attacks.reid_msssim import ReidMsssim
from bench.defenses.mixup.variants import MixupLearned, MixupNaiveTTA
from bench.defenses.no_proxy import NoProxy
from bench.store import Store, address, code_version, plugin_version


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


def test_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNVEIL_CACHE", str(tmp_path))
    assert Store.default().root == tmp_path
    monkeypatch.delenv("UNVEIL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Store.default().root == tmp_path / "xdg" / "unveil"
