"""A TorchScript program is loaded only if it touches nothing but tensors, however it is written."""

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from bench.defenses.external.archives import members_of, packed
from bench.defenses.external.torchscript import load_script
from bench.errors import BenchError
from tests.brought import Bands, Mixer, Unmixer, changed

CPU = torch.device("cpu")
VOLUME = torch.rand(1, 1, 8, 9, 10, generator=torch.Generator().manual_seed(0))
LINE = "torch.save(image, place)"


class Bomb:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


class Leaker(nn.Module):
    """Writes its input to a file."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        torch.save(image, self.place)
        return image


def scripted(network: nn.Module) -> bytes:
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(network.eval()), stream)
    return stream.getvalue()


def leaking(place: Path, line: str) -> bytes:
    """The script of a `Leaker` with the line that saves replaced."""
    members = members_of(scripted(Leaker(str(place))), "leaker")
    assert any(LINE.encode() in content for content in members.values())
    return packed({name: content.replace(LINE.encode(), line.encode()) for name, content in members.items()}).getvalue()


class Blocks(nn.Module):
    """What real networks are made of: sequences, batch norms, scaling to a size, strings, branches."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(nn.Conv3d(1, 2, 3, padding=1), nn.Sequential(nn.BatchNorm3d(2), nn.PReLU()))
        self.classes = 2

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        if image.shape[1] != 1:
            raise ValueError(f"one channel,\n'not' \"{image.shape[1]}\" # \\")
        found = self.down(nn.functional.max_pool3d(image, 2))
        scaled = nn.functional.interpolate(found, size=image.shape[2:], mode="trilinear", align_corners=False)
        return torch.cat([scaled.softmax(dim=1), image.expand(-1, self.classes, -1, -1, -1)], dim=1)


@pytest.mark.parametrize("network", [Bands(), Blocks()])
def test_a_script_gives_what_its_module_gives(network: nn.Module) -> None:
    found = load_script(scripted(network), "segmenter", CPU)
    torch.testing.assert_close(found(VOLUME), network(VOLUME))


@pytest.mark.parametrize("network", [Mixer(), Unmixer()])
def test_scripts_with_a_key_load(network: nn.Module) -> None:
    load_script(scripted(network), "encoder", CPU)


def test_the_names_of_layers_that_are_no_identifiers_are_let_through() -> None:
    """The control of the refusals of `getattr` below: PyTorch writes them so."""
    members = members_of(scripted(Blocks()), "blocks")
    assert any(b'getattr(self, "0")' in content for content in members.values())


WAYS = [
    LINE,
    "torch.\\\n      save(image, place)",
    "(torch. # a network\n      save(image, place))",
    "torch.\r save(image, place)",
    "torch.autograd.save(image, place)",
    "t = torch\n    t.save(image, place)",
    "ops.aten.save(image, place)",
    "a = ops\n    a.aten.save(image, place)",
    "a = ops.aten\n    a.save(image, place)",
    'getattr(torch, "save")(image, place)',
    'getattr(torch, "sa" "ve")(image, place)',
    'getattr(torch, "\\163ave")(image, place)',
    'g = getattr\n    g(torch, "save")(image, place)',
    "image = torch.add(image, torch.sum(torch.from_file(place, True, 4)))",
]


@pytest.mark.parametrize("way", WAYS)
def test_a_script_that_touches_files_is_refused_and_would_do_it(tmp_path: Path, way: str) -> None:
    """The second half is the control: PyTorch's own reader runs every one of these."""
    mark = tmp_path / "mark"
    data = leaking(mark, way)
    with pytest.raises(BenchError, match="which no network needs, and is not loaded") as raised:
        load_script(data, "encoder file", CPU)
    assert "\n" not in str(raised.value)
    assert not mark.exists()
    torch.jit.load(io.BytesIO(data))(VOLUME)  # type: ignore[no-untyped-call]
    assert mark.exists()


@pytest.mark.parametrize("case", [str.upper, lambda name: name.replace(".py", ".Py")])
def test_a_program_under_a_name_in_another_case_is_read_too(tmp_path: Path, case: Callable[[str], str]) -> None:
    mark = tmp_path / "mark"
    members = members_of(scripted(Leaker(str(mark))), "leaker")
    renamed = {case(name) if name.endswith(".py") else name: content for name, content in members.items()}
    renamed["code/other.py"] = b"x = 1\n"
    data = packed(renamed).getvalue()
    with pytest.raises(BenchError, match="save"):
        load_script(data, "encoder file", CPU)
    torch.jit.load(io.BytesIO(data))(VOLUME)  # type: ignore[no-untyped-call] # the control
    assert mark.exists()


@pytest.mark.parametrize(
    "line",
    [
        "ops.profiler._record_function_enter(place)",
        "a = ops.profiler\n    a._record_function_enter(place)",
        "a = __torch__.torch.classes.profiling",
        "a = __torch__.torch\n    b = a.classes.profiling",
        "a = __torch__.torch.\\\n      classes.profiling",
        'a = getattr(__torch__.torch, "classes")',
        'a = getattr(getattr(__torch__, "torch"), "classes")',
        'x = f"{place}"',
        'x = "never ended',
        "x = image  # type: __torch__.Foo",
        "x = caf\u00e9",
        "x = ((1)",
    ],
)
def test_operators_and_classes_from_elsewhere_and_odd_texts_are_refused(tmp_path: Path, line: str) -> None:
    data = leaking(tmp_path, line)
    with pytest.raises(BenchError, match="which no network needs, and is not loaded"):
        load_script(data, "encoder file", CPU)


def test_an_object_of_a_compiled_class_is_refused() -> None:
    data = changed(scripted(Bands()), "data.pkl", lambda content: b"\x80\x02c__torch__.torch.classes.rpc\nAgent\n.")
    with pytest.raises(BenchError, match="compiled class"):
        load_script(data, "segmenter file", CPU)


@pytest.mark.parametrize("member", ["data.pkl", "constants.pkl"])
def test_an_object_in_a_script_s_pickle_is_not_run(tmp_path: Path, member: str) -> None:
    """PyTorch's interpreter knows no Python objects: the archive does not load."""
    mark = tmp_path / "mark"
    data = changed(scripted(Bands()), member, lambda _: pickle.dumps(Bomb(mark), protocol=2))
    with pytest.raises(BenchError, match="does not load"):
        load_script(data, "segmenter file", CPU)
    assert not mark.exists()
