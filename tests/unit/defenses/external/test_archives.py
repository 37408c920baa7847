"""Nothing in a user's file is ever run but its network."""

import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.defenses.external.exported import load_exported
from bench.defenses.external.torchscript import load_script
from bench.errors import BenchError
from tests.brought import Bands, changed, export

CPU = torch.device("cpu")
VOLUME = torch.rand(1, 1, 8, 9, 10, generator=torch.Generator().manual_seed(0))
MODEL = "models/model.json"


class Bomb:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("exported") / "bands.pt2"
    export(Bands(), (VOLUME,), path)
    return path.read_bytes()


def edited(data: bytes, edit: Callable[[dict[str, Any]], None]) -> bytes:
    """The archive with its program edited."""

    def change(content: bytes) -> bytes:
        program = json.loads(content)
        edit(program)
        return json.dumps(program).encode()

    return changed(data, MODEL, change)


def saved(content: object) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def test_an_export_gives_what_its_module_gives(exported: bytes) -> None:
    network = load_exported(exported, "segmenter", CPU)
    volume = torch.rand(1, 1, 12, 8, 11)
    torch.testing.assert_close(network(volume), Bands()(volume))
    assert not any(module.training for module in network.modules())


def test_an_export_for_multiples_of_a_size_loads(tmp_path: Path) -> None:
    """Shapes such as 4 x s0 stand in the archive as arithmetic."""
    sides = {axis: torch.export.Dim(f"d{axis}", min=1, max=64) * 4 for axis in (2, 3, 4)}
    program = torch.export.export(Bands().eval(), (torch.rand(1, 1, 8, 12, 16),), dynamic_shapes=(sides,))
    torch.export.save(program, tmp_path / "bands.pt2")
    network = load_exported((tmp_path / "bands.pt2").read_bytes(), "segmenter", CPU)
    volume = torch.rand(1, 1, 16, 8, 20)
    torch.testing.assert_close(network(volume), Bands()(volume))


def test_the_older_layout_with_pickled_weights_loads(exported: bytes) -> None:
    """As PyTorch 2.8 writes it: all weights in one pickle."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(exported)) as old, zipfile.ZipFile(stream, "w") as new:
        top = old.namelist()[0].partition("/")[0]
        for entry in old.namelist():
            if not entry.startswith((f"{top}/data/weights/", f"{top}/data/constants/")):
                new.writestr(entry, old.read(entry))
        new.writestr(f"{top}/data/weights/model.pt", saved({"centres": Bands().centres}))
        new.writestr(f"{top}/data/constants/model.pt", saved({}))
    torch.testing.assert_close(load_exported(stream.getvalue(), "segmenter", CPU)(VOLUME), Bands()(VOLUME))


@pytest.mark.parametrize("load", [load_script, load_exported])
@pytest.mark.parametrize("kind", ["pickle", "saved", "state dict", "text"])
def test_what_is_no_export_is_refused_unopened(tmp_path: Path, load: Any, kind: str) -> None:
    mark = tmp_path / "mark"
    content = {
        "pickle": pickle.dumps(Bomb(mark)),
        "saved": saved(Bomb(mark)),
        "state dict": saved(Bands().state_dict()),
        "text": b"no archive at all",
    }[kind]
    with pytest.raises(BenchError, match="segmenter file") as raised:
        load(content, "segmenter file", CPU)
    assert "\n" not in str(raised.value)
    assert not mark.exists()


@pytest.mark.parametrize("member", ["data/sample_inputs/model.pt", "data/weights/model.pt", "data/constants/model.pt"])
def test_a_pickle_inside_an_export_is_not_run(tmp_path: Path, exported: bytes, member: str) -> None:
    mark = tmp_path / "mark"
    data = changed(exported, member, lambda _: saved(((Bomb(mark),), {})))
    with pytest.raises(BenchError, match="holds a pickle with more than tensors"):
        load_exported(data, "segmenter file", CPU)
    assert not mark.exists()


def test_the_pickle_that_is_not_run_is_live(tmp_path: Path) -> None:
    """The control of the tests above: unpickled without restriction, the same bytes leave their mark."""
    mark = tmp_path / "mark"
    torch.load(io.BytesIO(saved(Bomb(mark))), weights_only=False)
    assert mark.exists()


def test_a_pickled_weight_is_not_run(tmp_path: Path, exported: bytes) -> None:
    mark = tmp_path / "mark"

    def marked(content: bytes) -> bytes:
        config = json.loads(content)
        for entry in config["config"].values():
            entry["use_pickle"] = True
        return json.dumps(config).encode()

    data = changed(exported, "data/weights/model_weights_config.json", marked)
    data = changed(data, "data/weights/weight_0", lambda _: saved(Bomb(mark)))
    with pytest.raises(BenchError, match="holds a pickle with more than tensors"):
        load_exported(data, "segmenter file", CPU)
    assert not mark.exists()


def test_an_object_that_is_no_tensor_is_refused(exported: bytes) -> None:
    entry = {"path_name": "opaque_obj_0", "is_param": False, "use_pickle": True, "tensor_meta": None}
    config = json.dumps({"config": {"secret": entry}}).encode()
    data = changed(exported, "data/constants/model_constants_config.json", lambda _: config)
    with pytest.raises(BenchError, match="holds what is no tensor"):
        load_exported(data, "segmenter file", CPU)


def _guard(program: dict[str, Any], code: str) -> None:
    program["guards_code"] = [code]


def test_code_among_the_guards_is_dropped(tmp_path: Path, exported: bytes) -> None:
    mark = tmp_path / "mark"
    data = edited(exported, lambda program: _guard(program, f"__import__('pathlib').Path({str(mark)!r}).touch()"))
    network = load_exported(data, "segmenter file", CPU)
    network(VOLUME)
    assert not mark.exists()


def _expression(program: dict[str, Any], text: str) -> None:
    sizes = program["graph_module"]["graph"]["tensor_values"]["release"]["sizes"]
    sizes[2]["as_expr"]["expr_str"] = text


def _placeholder(program: dict[str, Any], name: str) -> None:
    graph = program["graph_module"]["graph"]
    graph["inputs"][-1]["as_tensor"]["name"] = name


def _target(program: dict[str, Any], name: str) -> None:
    program["graph_module"]["graph"]["nodes"][0]["target"] = name


def _tree(program: dict[str, Any], kind: str) -> None:
    signature = program["graph_module"]["module_call_graph"][0]["signature"]
    node = {"type": kind, "context": '{"default_factory_module": "os"}', "children_spec": []}
    signature["out_spec"] = json.dumps([1, node])


@pytest.mark.parametrize(
    ("edit", "text", "complaint"),
    [
        (_expression, "__import__('pathlib').Path('MARK').touch()", "shape"),
        (_expression, "Symbol('__import__(1)')", "shape"),
        (_expression, "exec('import os')", "shape"),
        (_placeholder, "x=__import__('pathlib').Path('MARK').touch()", "name"),
        (_target, "torch.hub.load", "operator"),
        (_target, "torch.serialization.os.system", "operator"),
        (_target, "torch.ops.aten.from_file.default", "operator"),
        (_target, "_operator.methodcaller", "operator"),
        (_tree, "collections.defaultdict", "structure"),
    ],
)
def test_code_in_a_program_is_refused(tmp_path: Path, exported: bytes, edit: Any, text: str, complaint: str) -> None:
    mark = tmp_path / "mark"
    data = edited(exported, lambda program: edit(program, text.replace("MARK", str(mark))))
    with pytest.raises(BenchError, match=f"has an? {complaint} that no network needs"):
        load_exported(data, "segmenter file", CPU)
    assert not mark.exists()


def test_a_compiled_library_in_an_export_is_refused(exported: bytes) -> None:
    data = changed(exported, "data/aotinductor/model/model.so", lambda _: b"\x7fELF")
    with pytest.raises(BenchError, match="more in this archive than a network needs"):
        load_exported(data, "segmenter file", CPU)


def test_a_member_named_twice_is_refused(exported: bytes) -> None:
    """Two readers could see two contents."""
    stream = io.BytesIO(exported)
    with zipfile.ZipFile(stream, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(archive.namelist()[0], b"other")
    with pytest.raises(BenchError, match="twice"):
        load_exported(stream.getvalue(), "segmenter file", CPU)


@pytest.mark.parametrize("config", [{"config": [1]}, {"config": {"centres": 1}}, {"config": {"centres": ["a"]}}])
@pytest.mark.parametrize("kind", ["weights", "constants"])
def test_a_damaged_list_of_weights_is_one_line(exported: bytes, kind: str, config: object) -> None:
    name = f"data/{kind}/model_{kind}_config.json"
    data = changed(exported, name, lambda _: json.dumps(config).encode())
    with pytest.raises(BenchError, match="is damaged: config is no table of tables; export the network again"):
        load_exported(data, "segmenter file", CPU)
