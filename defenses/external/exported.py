"""Archives of `torch.export`: read field by field, because PyTorch's own reader runs what stands in them.

`torch.export.load` (2.8 to 2.13) unpickles sample inputs, custom constants and marked weights without restriction,
evaluates shape expressions through SymPy's `eval`, executes `guards_code`, writes names into generated Python, resolves
operators to anything below `torch`, and opens compiled libraries. So the archive is written again with what is plain:
pickles of tensors only, operators of ATen, names that are names, shapes that are arithmetic, and no guards.
"""

import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

import torch

from bench.defenses.external.archives import members_of, packed, pickled_again
from bench.defenses.external.exported_text import only_names
from bench.errors import BenchError

_MODEL = "models/model.json"
_ABOUT_THE_ARCHIVE = re.compile(r"archive_(format|version)|version|byteorder|\.data/\w+|\.format_version|\.storage_\w+")


def load_exported(data: bytes, what: str, device: torch.device) -> torch.nn.Module:
    """The program on `device`.

    Raises:
        BenchError: it is no archive of `torch.export`, or one with more in it than a network needs.
    """
    members = members_of(data, what)
    if _MODEL not in members:
        raise BenchError(f"{what} is no archive of torch.export.save (PyTorch 2.8 or later): it has no {_MODEL}")
    clean = packed({name: _clean(name, content, members, what) for name, content in members.items()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            program = torch.export.load(clean)
            if device.type != "cpu":
                from torch.export.passes import move_to_device_pass

                program = move_to_device_pass(program, device)
            network = program.module()
    except Exception as error:
        raise BenchError(
            f"{what} does not load with torch {torch.__version__}: {' '.join(str(error).split())[:200]}"
        ) from error
    for module in network.modules():
        module.training = False  # `eval()` is refused by what torch.export makes; whatever it fixed is fixed
    return network.requires_grad_(False)


def _clean(name: str, content: bytes, members: Mapping[str, bytes], what: str) -> bytes:
    """One member of the archive as it may be loaded."""
    where = f"{what} ({name})"
    if name == _MODEL:
        return _json(_program(_parsed(content, where), where))
    if re.fullmatch(r"data/(weights|constants|sample_inputs)/\w+\.pt", name):
        return pickled_again(content, where)
    if re.fullmatch(r"data/(weights|constants)/\w+_config\.json", name):
        return _json(_payloads(_parsed(content, where), where))
    if re.fullmatch(r"data/(weights/weight|constants/tensor)_\d+", name):
        return pickled_again(content, where) if _is_pickled(name, members, what) else content
    if _ABOUT_THE_ARCHIVE.fullmatch(name):
        return content
    raise BenchError(f"{where}: there is more in this archive than a network needs; it is not loaded")


def _is_pickled(name: str, members: Mapping[str, bytes], what: str) -> bool:
    folder, _, payload = name.rpartition("/")
    configs = [key for key in members if re.fullmatch(rf"{folder}/\w+_config\.json", key)]
    entries = [entry for key in configs for entry in _entries(_parsed(members[key], what), f"{what} ({key})")]
    return any(entry.get("path_name") == payload and entry.get("use_pickle") for entry in entries)


def _payloads(config: Any, where: str) -> Any:
    """The list of weights or constants; objects of custom classes are none."""
    for entry in _entries(config, where):
        if not re.fullmatch(r"(weight|tensor)_\d+", str(entry.get("path_name"))):
            raise BenchError(f"{where} holds what is no tensor ({entry.get('path_name')!r}); it is not loaded")
    only_names(config, where)
    return config


def _entries(config: Any, where: str) -> list[dict[str, Any]]:
    """What is said about each weight or constant."""
    named = config.get("config", {})
    if not isinstance(named, dict) or not all(isinstance(entry, dict) for entry in named.values()):
        raise BenchError(f"{where} is damaged: config is no table of tables; export the network again")
    return list(named.values())


def _program(program: Any, where: str) -> Any:
    """The graph without comments (`metadata`) and without guards."""
    program = _without_metadata(program)
    program["guards_code"] = []
    only_names(program, where)
    return program


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: {} if key == "metadata" else _without_metadata(item) for key, item in value.items()}
    return [_without_metadata(item) for item in value] if isinstance(value, list) else value


def _parsed(content: bytes, where: str) -> Any:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise BenchError(f"{where} is damaged: {error}; export the network again") from error
    if not isinstance(found, dict):
        raise BenchError(f"{where} is damaged: no JSON object; export the network again")
    return found


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
