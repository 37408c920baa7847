"""What every plugin says about itself."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

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
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if not field.metadata.get("test_only")
        }
