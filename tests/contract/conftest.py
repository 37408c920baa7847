"""What some plugins cannot be made without."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.brought import write_method

Required = Mapping[str, dict[str, Any]]
"""Settings without a default, by name of the plugin."""


@pytest.fixture(scope="session")
def required(tmp_path_factory: pytest.TempPathFactory) -> Required:
    """A defense with a setting that has no default is tested with what stands here; without, its tests fail."""
    return {"external": {"manifest": str(write_method(tmp_path_factory.mktemp("method")))}}
