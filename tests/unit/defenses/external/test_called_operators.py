"""An exported program may call graphs, and no operator that stands among its arguments."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bench.defenses.external.archives import members_of
from bench.defenses.external.exported import load_exported
from bench.errors import BenchError
from tests.brought import changed, export

CPU = torch.device("cpu")
MODEL = "models/model.json"
VOLUME = torch.rand(1, 1, 4, 5, 6, generator=torch.Generator().manual_seed(0))


class Calling(nn.Module):
    """A network whose program calls a graph."""

    def forward(self, image: Tensor) -> Tensor:
        with torch.no_grad():
            doubled = image * 2
        return doubled + 1


class Branching(nn.Module):
    """A network whose program calls one of two graphs."""

    def forward(self, image: Tensor) -> Tensor:
        found: Tensor = torch.cond(image.sum() > 0, lambda x: x + 1, lambda x: x - 1, (image,))
        return found


def archive(network: nn.Module, folder: Path) -> bytes:
    export(network, (VOLUME,), folder / "network.pt2")
    return (folder / "network.pt2").read_bytes()


def calling(data: bytes, operator: str, arguments: Callable[[list[Any]], list[Any]]) -> bytes:
    """The archive with other arguments for its higher-order operator."""
    program = json.loads(members_of(data, "network")[MODEL])
    node = next(n for n in program["graph_module"]["graph"]["nodes"] if n["target"].endswith(operator))
    node["inputs"] = [{"name": "", "arg": one, "kind": 1} for one in arguments([i["arg"] for i in node["inputs"]])]
    return changed(data, MODEL, lambda _: json.dumps(program).encode())


@pytest.mark.parametrize("network", [Calling(), Branching()])
def test_a_program_that_calls_graphs_loads(tmp_path: Path, network: nn.Module) -> None:
    torch.testing.assert_close(load_exported(archive(network, tmp_path), "encoder", CPU)(VOLUME), network(VOLUME))


def test_an_operator_among_the_arguments_is_refused_and_would_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    mapped = [{"as_string": "mapped.bin"}, {"as_bool": True}, {"as_int": 1000}]
    called = {"as_operator": "torch.ops.aten.from_file.default"}
    data = calling(archive(Calling(), tmp_path), "grad_enabled", lambda old: [old[0], called, *mapped])
    with pytest.raises(BenchError, match="has a call without a graph that no network needs"):
        load_exported(data, "encoder file", CPU)
    program = torch.export.load(io.BytesIO(data)).module()  # the control: PyTorch's own reader
    assert not Path("mapped.bin").exists()
    with contextlib.suppress(RuntimeError):  # the mapped numbers are no volume
        program(VOLUME)
    assert Path("mapped.bin").exists()


@pytest.mark.parametrize("named", ["torch.ops.aten.from_file.default", "torch.ops.aten.mul.Tensor"])
def test_an_operator_is_no_argument_of_anything(tmp_path: Path, named: str) -> None:
    data = calling(archive(Calling(), tmp_path), "add.Tensor", lambda old: [old[0], {"as_operator": named}])
    with pytest.raises(BenchError, match=f"has an operator among arguments that no network needs .'{named}'"):
        load_exported(data, "encoder file", CPU)


@pytest.mark.parametrize(
    ("network", "operator", "arguments"),
    [
        (Calling(), "grad_enabled", lambda old: [old[0], {"as_tensor": {"name": "image"}}, *old[2:]]),
        (Calling(), "grad_enabled", lambda old: [old[0], old[1] | {"as_string": "torch.hub.load"}, *old[2:]]),
        (Calling(), "grad_enabled", lambda old: old[:1]),
        (Branching(), "cond", lambda old: [*old[:2], {"as_string": "torch.hub.load"}, *old[3:]]),
    ],
)
def test_what_is_called_must_be_a_graph(tmp_path: Path, network: nn.Module, operator: str, arguments: Any) -> None:
    data = calling(archive(network, tmp_path), operator, arguments)
    with pytest.raises(BenchError, match="has a call without a graph that no network needs"):
        load_exported(data, "encoder file", CPU)
