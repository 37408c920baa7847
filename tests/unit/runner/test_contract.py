"""What a defense hands over is looked at: a wrong answer is one line, and no measurement."""

import importlib.util
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from bench.errors import BenchError
from bench.runner.traffic.contract import (
    checked_networks,
    checked_probabilities,
    checked_release,
    checked_reply,
    held_to,
)
from bench.types.scan import Roles
from bench.types.traffic import Release, Reply
from tests.unit.runner.strangers import Shells

SHELLS = Shells()
GRID = (4, 5, 6)


@dataclass(frozen=True)
class _Bare:
    """A stand-in whose fields nobody checks."""

    maps: Any


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (torch.zeros(1, 1, *GRID), "protect must return a Release, got Tensor"),
        (None, "protect must return a Release, got NoneType"),
    ],
)
def test_something_else_than_a_release_is_refused(found: object, words: str) -> None:
    with pytest.raises(BenchError, match=f"^defense shells: {words}$"):
        checked_release(SHELLS, found)


def _unchecked(kind: type[Any], **fields: object) -> Any:
    """As an author's code makes it, where nobody checks types."""
    made = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


@pytest.mark.parametrize(
    ("queries", "words"),
    [
        (torch.zeros(1, *GRID), r"floats \(query, channel, depth, height, width\), got the shape \(1, 4, 5, 6\)"),
        (torch.zeros(1, 1, *GRID, dtype=torch.uint8), r"got the shape .* of torch\.uint8"),
        (torch.full((1, 1, *GRID), torch.nan), "that are finite, 120 of 120 are not"),
        (torch.full((1, 1, *GRID), 1e6), r"up to 65504 in size, which is what half precision holds, got 1e\+06"),
        ([0.0], "got list"),
    ],
)
def test_queries_that_cannot_be_sent_are_refused(queries: object, words: str) -> None:
    with pytest.raises(BenchError, match=f"^defense shells: protect must return queries .*{words}"):
        checked_release(SHELLS, _unchecked(Release, queries=queries, piece=None))


@pytest.mark.parametrize(
    ("maps", "words"),
    [
        (
            torch.full((2, 4, *GRID), 3.0),
            r"soft maps in \[0, 1\], got values from 3 to 3 \(logits\?",
        ),
        (torch.full((2, 4, *GRID), -0.5), "got values from -0.5 to -0.5"),
        (torch.zeros(1, 4, *GRID), "answer every query, got 1 of 2"),
        (torch.zeros(4, *GRID), r"got the shape \(4, 4, 5, 6\)"),
    ],
)
def test_replies_that_are_no_soft_maps_are_refused(maps: torch.Tensor, words: str) -> None:
    with pytest.raises(BenchError, match=f"^defense shells: serve must .*{words}"):
        checked_reply(SHELLS, _unchecked(Reply, maps=maps), 2)
    with pytest.raises(BenchError, match="serve must return a Reply, got _Bare"):
        checked_reply(SHELLS, _Bare(maps), 2)


def test_rounding_of_the_wire_is_no_mistake() -> None:
    reply = Reply(torch.full((1, 4, *GRID), 1.0005))
    assert checked_reply(SHELLS, reply, 1) is reply


@pytest.mark.parametrize("shape", [lambda own: (1, 4, *own), lambda own: (3, *own), lambda own: (4, 1, 1, 1)])
def test_a_segmentation_of_another_shape_is_refused(roles: Roles, shape: Callable[..., Any]) -> None:
    scan = roles.test.scans[0]
    own = tuple(scan.labels.shape)
    expected = re.escape(f"recover must return a tensor of the shape {(4, *own)}, got {shape(own)}")
    with pytest.raises(BenchError, match=expected):
        checked_probabilities(SHELLS, torch.zeros(shape(own)), scan, 4)
    with pytest.raises(BenchError, match="finite"):
        checked_probabilities(SHELLS, torch.full((4, *own), torch.inf), scan, 4)
    right = torch.zeros(4, *own)
    assert checked_probabilities(SHELLS, right, scan, 4) is right


def test_a_training_that_leaves_no_networks_is_refused() -> None:
    with pytest.raises(BenchError, match="fit must return Networks, got NoneType"):
        checked_networks(SHELLS, None)


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[ModuleType]:
    """A defense in a file of its own that goes wrong inside a library."""
    file = tmp_path / "odd.py"
    file.write_text(
        "import torch\n"
        "from tests.unit.runner.strangers import Shells\n"
        "class Odd(Shells):\n"
        "    name = 'odd'\n"
        "    def protect(self, image, key, client):\n"
        "        return torch.nn.functional.interpolate(torch.zeros(2), 3, mode='no such mode')\n"
    )
    spec = importlib.util.spec_from_file_location("odd_defense", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["odd_defense"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["odd_defense"]


def test_what_a_plugin_raises_is_one_line_that_names_its_own_file(plugin: ModuleType) -> None:
    odd = plugin.Odd()
    with (
        pytest.raises(BenchError, match=r"^defense odd: protect ended in \w+: .* \(odd\.py:6\)$"),
        held_to(odd, "protect"),
    ):
        odd.protect(None, 0.0, None)


def test_what_our_own_defenses_raise_keeps_its_traceback() -> None:
    from bench.defenses.no_proxy import NoProxy

    with pytest.raises(ZeroDivisionError), held_to(NoProxy(), "serve"):
        1 / 0  # noqa: B018


def test_messages_pass_unchanged(plugin: ModuleType) -> None:
    with pytest.raises(BenchError, match=r"^mend this$"), held_to(plugin.Odd(), "fit"):
        raise BenchError("mend this")
