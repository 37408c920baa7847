"""Names that tell apart several settings of one method."""

import json
from collections.abc import Mapping, Sequence
from typing import Any


def setting_text(value: Any) -> str:
    """A setting as a reader would type it."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def variant_names(methods: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """For every (name, settings): the name, followed by those settings in which methods of that name differ."""
    texts = [{key: setting_text(value) for key, value in settings.items()} for _, settings in methods]
    differing: dict[str, list[str]] = {}
    for name in {name for name, _ in methods}:
        same = [text for text, (other, _) in zip(texts, methods, strict=True) if other == name]
        keys = sorted({key for text in same for key in text})
        differing[name] = [key for key in keys if len({text.get(key) for text in same}) > 1]
    return [
        " ".join([name, *(f"{key}={text[key]}" for key in differing[name] if key in text)])
        for text, (name, _) in zip(texts, methods, strict=True)
    ]
