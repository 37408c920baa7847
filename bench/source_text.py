"""What of a source file decides what it computes: all but comments, docstrings and blank lines."""

import ast
import io
import tokenize
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path


def without_prose(path: Path) -> bytes:
    """The source without comments, docstrings and blank lines.

    Hashes of code go by it, so that a better sentence trains no network anew and sets no records apart. Text, not a
    dump of the syntax tree, which each version of Python writes in its own way.

    Raises:
        SyntaxError: the file is no Python.
    """
    with tokenize.open(path) as stream:
        source = stream.read()
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    for first, last in sorted(_prose(source), reverse=True):
        source = source[: starts[first[0] - 1] + first[1]] + source[starts[last[0] - 1] + last[1] :]
    return "\n".join(line for line in map(str.rstrip, source.splitlines()) if line).encode()


Place = tuple[int, int]
"""A line, from 1, and a character in it, from 0."""


def _prose(source: str) -> Iterator[tuple[Place, Place]]:
    """Where comments, and strings that are statements of their own, begin and end."""
    alone = {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        begins_a_line = not token.line[: token.start[1]].strip()
        docstring = token.type == tokenize.STRING and token.start[0] in alone and begins_a_line
        if docstring or token.type == tokenize.COMMENT:
            yield token.start, token.end
