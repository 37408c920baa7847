"""What may stand in the JSON of an exported program: names, operators, shapes and structures, and nothing to run.

PyTorch's reader looks up operators below `torch`, evaluates shapes, imports what structures name and writes names into
the Python that it generates.
"""

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from bench.errors import BenchError

_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prims|prim)\.(?!save\b|from_file\b)\w+\.\w+|torch\.sym_\w+|math\.(trunc|ceil|floor|sqrt)"
    r"|torch\.ops\.higher_order\.(wrap_with_set_grad_enabled|wrap_with_autocast|cond|while_loop)"
    r"|_operator\.(add|sub|mul|floordiv|truediv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
)
_CALLED = {"wrap_with_set_grad_enabled": (1,), "wrap_with_autocast": (4,), "cond": (1, 2), "while_loop": (0, 1)}
"""Operators that call arguments, and the places of these."""
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


def only_names(value: Any, where: str, key: str = "") -> None:
    """Refuse any string that could be more than a name, an operator, a shape or a structure.

    Args:
        value: parsed JSON.
        where: the file, for messages.
        key: what the value stands under.

    Raises:
        BenchError: there is one.
    """
    if isinstance(value, dict):
        _require("as_operator" not in value, where, "operator among arguments", str(value.get("as_operator")))
        _require(_has_graphs(value), where, "call without a graph", str(value.get("target")))
        for name, item in value.items():
            _require(_NAME.fullmatch(name) or _is_arithmetic(name), where, "name", name)  # ranges go by their shape
            only_names(item, where, name)
    elif isinstance(value, list):
        for item in value:
            only_names(item, where, key)
    elif isinstance(value, str):
        if key == "target":
            _require(_OPERATOR.fullmatch(value), where, "operator", value)
        elif key == "expr_str":
            _require(_is_arithmetic(value), where, "shape", value)
        elif key in ("in_spec", "out_spec"):
            _require(_is_plain_tree(value), where, "structure", value)
        else:
            _require(_NAME.fullmatch(value), where, "name", value)


def _has_graphs(node: Mapping[str, Any]) -> bool:
    """Whether an operator that calls its arguments is given graphs there."""
    name = str(node.get("target")).removeprefix("torch.ops.higher_order.")
    inputs = node.get("inputs")
    if name not in _CALLED:
        return True
    if not isinstance(inputs, list) or len(inputs) <= max(_CALLED[name]):
        return False
    arguments = [inputs[place].get("arg") if isinstance(inputs[place], dict) else None for place in _CALLED[name]]
    return all(isinstance(argument, dict) and list(argument) == ["as_graph"] for argument in arguments)


def _require(fits: object, where: str, kind: str, value: str) -> None:
    if not fits:
        article = "an" if kind[0] in "aeiou" else "a"
        raise BenchError(f"{where} has {article} {kind} that no network needs ({value[:80]!r}); it is not loaded")


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
