"""Text of strangers, fit for a terminal."""

LONGEST = 2000
"""Letters of a line that are shown."""


def harmless(text: str) -> str:
    """Without what could steer a terminal; lines and tabs stay."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def printable(line: str) -> str:
    """Without what could steer a terminal, on one line, and no longer than anybody reads."""
    shown = harmless(line).replace("\n", "?").replace("\t", "?")
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
