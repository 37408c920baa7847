"""What every plugin says about itself."""

from collections.abc import Mapping
from typing import Any, ClassVar


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
