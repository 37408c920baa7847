"""What every plugin says about itself."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

TEST_ONLY = {"test_only": True}
"""Field metadata: this setting has no influence on training, so variants that differ in it share networks."""


class Plugin:
    """Metadata shared by attacks, defenses and datasets; settings are the dataclass fields of the subclass.

    Attributes:
        name: what users type.
        summary: one line for `bench list`.
        source: paper, equations, or "Unveil".
        presets: field values that a preset sets instead of the defaults (which are the paper's).
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    source: ClassVar[str]
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def training_settings(self) -> dict[str, Any]:
        """The settings that decide the trained networks."""
        every = settings_by_content(self)
        return {
            field.name: every[field.name]
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if not field.metadata.get("test_only")
        }


def require_at_least(least: int, settings: object, *names: str) -> None:
    """Settings that cannot be smaller; of those that hold several numbers, none.

    Raises:
        ValueError: one is, or holds none.
    """
    for name in names:
        value = getattr(settings, name)
        found = value if isinstance(value, tuple) else (value,)
        if not found or min(found) < least:
            raise ValueError(f"{name} must be >= {least}, got {value}")


@runtime_checkable
class ReadsFiles(Protocol):
    """A plugin with settings that name files: what is in them decides what it does, not where they lie."""

    def contents(self) -> Mapping[str, str]:
        """What stands for the content of the files, by the name of the setting that names them."""

    def files(self) -> Sequence[Path]:
        """Where they lie; an attack is kept away from them."""


def settings_by_content(plugin: Any) -> dict[str, Any]:
    """The settings of a plugin, with what is in files in place of their names."""
    settings = {field.name: getattr(plugin, field.name) for field in dataclasses.fields(plugin)}
    return settings | dict(plugin.contents()) if isinstance(plugin, ReadsFiles) else settings
