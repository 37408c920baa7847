"""Text of strangers, fit for a terminal."""

LONGEST = 2000
"""Letters of a line that are shown."""


def printable(line: str) -> str:
    """Without what could steer a terminal, on one line, and no longer than anybody reads."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in line)
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
