"""The benchmarks' arithmetic; what they measure is no matter of tests."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from benchmarks.__main__ import GPU_NAMES, NAMES
from benchmarks.timing import HEADER, Row, Spent, seconds, side_by_side


def test_a_row_shows_medians_and_the_ratios_of_its_pairs() -> None:
    ours = [Spent(1, 2), Spent(2, 1), Spent(4, 1)]
    theirs = [Spent(10, 2), Spent(10, 3), Spent(12, 8)]
    cells = Row("sorting", ours, "bubbles", theirs, "idle").cells()
    # On the clock 10, 5 and 3 times; of the processors 1, 3 and 8 times.
    assert cells == ("sorting", "2 s", "bubbles", "10 s", "5 (3 to 10)", "3 (1 to 8)", "3", "idle")
    assert len(cells) == len(HEADER)


def test_a_row_without_another_side_has_no_ratio() -> None:
    assert Row("alone", [Spent(0.25, 0.1)]).cells() == ("alone", "250 ms", "", "", "", "", "1", "")


@pytest.mark.parametrize(("value", "text"), [(75.04, "75 s"), (0.0123, "12.3 ms"), (2e-5, "20 us")])
def test_seconds_carry_their_unit(value: float, text: str) -> None:
    assert seconds(value) == text


def test_sides_take_turns_at_going_first() -> None:
    order: list[str] = []
    ours, theirs = side_by_side(lambda: order.append("ours"), lambda: order.append("theirs"), 3)
    assert order == ["ours", "theirs", "theirs", "ours", "ours", "theirs"]
    assert len(ours) == len(theirs) == 3


def test_every_name_is_a_module() -> None:
    assert all(find_spec(f"benchmarks.{name.replace('-', '_')}") for name in NAMES + GPU_NAMES)


def test_an_unknown_name_is_refused_in_one_line() -> None:
    words = [sys.executable, "-m", "benchmarks", "startpu"]
    ended = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "no benchmark named 'startpu'; available: startup, sampling," in ended.stderr


@pytest.mark.parametrize("name", GPU_NAMES)
def test_what_needs_a_gpu_is_refused_in_one_line_without_one(name: str) -> None:
    words = [sys.executable, "-m", "benchmarks", name]
    hidden = os.environ | {"CUDA_VISIBLE_DEVICES": ""}
    ended = subprocess.run(
        words, cwd=Path(__file__).parents[2], env=hidden, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [f"{name} needs a CUDA device, and torch {torch.__version__} sees none"]
    assert ended.stdout == ""
