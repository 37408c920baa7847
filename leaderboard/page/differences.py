"""In which fields two groups of one data set differ, so that nobody compares across them."""

from collections.abc import Sequence

from bench.leaderboard.grouping import GroupKey

_FIELDS = (
    ("synthetic", "whether the anatomy is made up"),
    ("revisits", "where second visits come from"),
    ("preset", "the preset"),
    ("protocol_version", "the protocol"),
    ("data_hash", "the data"),
    ("split_hash", "the split"),
)
_SHOWN_LETTERS = 12


def differences(keys: Sequence[GroupKey], key: GroupKey) -> list[str]:
    """One sentence for every other group of the same data set: which fields differ, and from what to what."""
    return [
        f"Another group of {other.data} stands apart, and no number may be compared with it: {_differing(key, other)}."
        for other in keys
        if other.data == key.data and other != key
    ]


def _differing(key: GroupKey, other: GroupKey) -> str:
    parts = []
    for field, words in _FIELDS:
        here, there = getattr(key, field), getattr(other, field)
        if here != there:
            parts.append(f"{words} differs ({_short(here)} here, {_short(there)} there)")
    ours, theirs = dict(key.evaluation), dict(other.evaluation)
    for setting in sorted(ours.keys() | theirs.keys()):
        here, there = ours.get(setting, "unset"), theirs.get(setting, "unset")
        if here != there:
            parts.append(f"{setting} differs ({here} here, {there} there)")
    return "; ".join(parts)


def _short(value: str | bool) -> str:
    text = ("yes" if value else "no") if isinstance(value, bool) else value
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}…"
