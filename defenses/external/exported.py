"""Archives of `torch.export`: read field by field, because PyTorch's own reader runs what stands in them.

`torch.export.load` (2.8 to 2.13) unpickles sample inputs, custom constants and marked weights without restriction,
evaluates shape expressions through SymPy's `eval`, executes `guards_code`, writes names into generated Python, resolves
operators to anything below `torch`, and opens compiled libraries. So the archive is written again with what is plain:
pickles of tensors only, operators of ATen, names that are names, shapes that are arithmetic, and no guards.
"""

import ast
import json
import re
import warnings
from collections.abc import Mapping
from typing import Any

import torch

from bench.defenses.external.archives import members_of, packed, pickled_again
from bench.errors import BenchError

_MODEL = "models/model.json"
_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims|prim)\.(?!save\b|from_file\b)\w+\.\w+|torch\.sym_\w+|math\.(trunc|ceil|floor|sqrt)"
    r"|torch\.ops\.higher_order\.(wrap_with_set_grad_enabled|wrap_with_autocast|cond|while_loop)"
    r"|_operator\.(add|sub|mul|floordiv|truediv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
)
_ABOUT_THE_ARCHIVE = re.compile(r"archive_(format|version)|version|byteorder|\.data/\w+|\.(format|storage)_\w+")
_NAME = re.compile(r"[\w.:+\-]*")  # names, devices, versions, infinities: nothing that Python could call
_PLAIN_NODES = {"builtins.tuple", "builtins.list", "builtins.dict", None}
_SYMPY = re.compile(
    r"Symbol|Integer|Rational|Float|Add|Mul|Pow|(Python)?Mod|Max|Min|FloorDiv|CleanDiv|(Ceil|Floor|Trunc)ToInt|IntTrueDiv"
    r"|Eq|Ne|(Une|E)quality|G[et]|L[et]|(Strict)?(Greater|Less)Than|And|Or|Not|Where|true|false|Identity"
)
_SYMBOL = re.compile(r"[A-Za-z]{1,4}\d+")
_ARITHMETIC = (
    ast.Expression, ast.Call, ast.keyword, ast.Name, ast.Load, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Compare,
    ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


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
    if re.fullmatch(
        r"archive_format|archive_version|version|byteorder|\.data/\w+|\.format_version|\.storage_\w+", name
    ):
        return content
    raise BenchError(f"{where}: there is more in this archive than a network needs; it is not loaded")


def _is_pickled(name: str, members: Mapping[str, bytes], what: str) -> bool:
    folder, _, payload = name.rpartition("/")
    configs = [key for key in members if re.fullmatch(rf"{folder}/\w+_config\.json", key)]
    entries = [entry for key in configs for entry in _parsed(members[key], what).get("config", {}).values()]
    return any(entry.get("path_name") == payload and entry.get("use_pickle") for entry in entries)


def _payloads(config: Any, where: str) -> Any:
    """The list of weights or constants; objects of custom classes are none."""
    for entry in config.get("config", {}).values():
        if not re.fullmatch(r"(weight|tensor)_\d+", str(entry.get("path_name"))):
            raise BenchError(f"{where} holds what is no tensor ({entry.get('path_name')!r}); it is not loaded")
    _only_names(config, where)
    return config


def _program(program: Any, where: str) -> Any:
    """The graph without comments (`metadata`) and without guards."""
    program = _without_metadata(program)
    program["guards_code"] = []
    _only_names(program, where)
    return program


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: {} if key == "metadata" else _without_metadata(item) for key, item in value.items()}
    return [_without_metadata(item) for item in value] if isinstance(value, list) else value


def _only_names(value: Any, where: str, key: str = "") -> None:
    """Refuse any string that could be more than a name, an operator, a shape or a structure."""
    if isinstance(value, dict):
        for name, item in value.items():
            _require(_NAME.fullmatch(name) or _is_arithmetic(name), where, "name", name)  # ranges go by their shape
            _only_names(item, where, name)
    elif isinstance(value, list):
        for item in value:
            _only_names(item, where, key)
    elif isinstance(value, str):
        if key == "target":
            _require(_OPERATOR.fullmatch(value), where, "operator", value)
        elif key == "expr_str":
            _require(_is_arithmetic(value), where, "shape", value)
        elif key in ("in_spec", "out_spec"):
            _require(_is_plain_tree(value), where, "structure", value)
        else:
            _require(_NAME.fullmatch(value), where, "name", value)


def _require(fits: object, where: str, kind: str, value: str) -> None:
    if not fits:
        raise BenchError(f"{where} has a {kind} that no network needs ({value[:80]!r}); it is not loaded")


def _is_arithmetic(text: str) -> bool:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return False
    for node in ast.walk(tree):
        if not isinstance(node, _ARITHMETIC):
            return False
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and _SYMPY.fullmatch(node.func.id)):
            return False
        if isinstance(node, ast.Name) and not (_SYMPY.fullmatch(node.id) or _SYMBOL.fullmatch(node.id)):
            return False
        if isinstance(node, ast.Constant) and not _is_constant(node.value):
            return False
    return True


def _is_constant(value: object) -> bool:
    """A number, or the name of a symbol: SymPy evaluates other strings."""
    return isinstance(value, bool | int | float) or (isinstance(value, str) and bool(_SYMBOL.fullmatch(value)))


def _is_plain_tree(text: str) -> bool:
    """Nested tuples, lists and dictionaries; other containers are rebuilt by importing what they name."""
    try:
        waiting = [json.loads(text)[1]]
        while waiting:
            node = waiting.pop()
            if node.get("type") not in _PLAIN_NODES or not _NAME.fullmatch(_squeezed(node.get("context"))):
                return False
            waiting.extend(node.get("children_spec", []))
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError):
        return False
    return True


def _squeezed(context: Any) -> str:
    """A context is JSON again: null, or a list of keys."""
    found = json.loads(context) if isinstance(context, str) else context
    return "".join(str(part) for part in found) if isinstance(found, list) else str(found or "")


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
