"""Content addresses."""

from pathlib import Path

import pytest

from bench.store import Store, address


def test_equal_content_has_an_equal_address_whatever_the_order() -> None:
    assert address({"a": 1, "b": [2]}) == address({"b": [2], "a": 1})
    assert address({"a": 1}) != address({"a": 2})


def test_nan_has_no_address() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        address({"a": float("nan")})


def test_cache_folder_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNVEIL_CACHE", str(tmp_path))
    assert Store.default().root == tmp_path
    monkeypatch.delenv("UNVEIL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert Store.default().root == tmp_path / "xdg" / "unveil"
