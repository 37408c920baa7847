"""Hashes of code see what it does, and not how it is explained."""

import ast
from pathlib import Path

import pytest

import bench
from bench.source_text import without_prose

PLAIN = '''x = "kept  # text"


class A:
    field = 1

    def f(self) -> str:
        y = """also
        kept"""
        return f"{y}"
'''
EXPLAINED = '''"""About the file: ä."""

# why
x = "kept  # text"  # because


class A:
    """What it is.

    More, with a # in it.
    """

    field = 1
    """What this is: ü."""

    def f(self) -> str:
        """Short."""
        # here
        y = """also
        kept"""
        return f"{y}"
'''


def _text(folder: Path, source: str, name: str) -> bytes:
    path = folder / f"{name}.py"
    path.write_text(source, encoding="utf-8")
    return without_prose(path)


def test_comments_docstrings_and_blank_lines_do_not_count(tmp_path: Path) -> None:
    assert _text(tmp_path, EXPLAINED, "explained") == _text(tmp_path, PLAIN, "plain")


@pytest.mark.parametrize(
    ("old", "new"), [("# text", "# other"), ("field = 1", "field = 2"), ("also", "even"), ("def f", "def g")]
)
def test_everything_else_does(tmp_path: Path, old: str, new: str) -> None:
    assert _text(tmp_path, EXPLAINED.replace(old, new), "changed") != _text(tmp_path, PLAIN, "plain")


def _code(source: bytes) -> list[str]:
    """Statements in order, without strings that stand alone."""
    return [
        type(node).__name__
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ]


def test_nothing_but_prose_is_lost_from_our_own_files() -> None:
    """What is left of a function that was all docstring is no Python any more; all others are still what they were."""
    for path in sorted(Path(bench.__file__).parent.glob("metrics/*.py")):
        assert _code(without_prose(path)) == _code(path.read_bytes()), path.name
