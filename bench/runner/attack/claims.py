"""What is left of a claim when the attack's own code is taken out of it: plain tensors and JSON values.

The scorer holds the truth. A tensor or a mapping of the attack's own class would run the attack's code there, so a
claim is copied field by field before it is scored, and crosses a process boundary as data that cannot run.
"""

import dataclasses
import io
import json
from collections.abc import Mapping
from typing import Any, get_args

import numpy as np
import torch
from torch import Tensor

from bench.types.claim import Claim

_KINDS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Claim)}


def plain_claim(claim: object) -> object:
    """The same claim with nothing in it but data.

    What is no claim at all comes back as an empty object of a class of the same name, for the scorer to refuse.

    Raises:
        TypeError: a field holds neither a tensor nor a JSON value.
    """
    return unpacked(packed(claim))


def packed(claim: object) -> bytes:
    """A claim as bytes."""
    kind = next((name for name, known in _KINDS.items() if isinstance(claim, known)), None)
    if kind is None:
        return _bytes({"no claim": type(claim).__name__})
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(_KINDS[kind]):
        value = getattr(claim, field.name)
        fields[field.name] = _json(field.name, value) if field.name == "details" else _plain(field.name, value)
    return _bytes({"claim": kind, "fields": fields})


def unpacked(data: bytes) -> object:
    """The claim in `data`, which may come from anybody: nothing in it is run.

    Raises:
        ValueError: it is no packed claim.
    """
    try:
        found = torch.load(io.BytesIO(data), weights_only=True)
        if "no claim" in found:
            return type(str(found["no claim"]), (), {})()
        fields = {
            name: json.loads(value) if isinstance(value, str) else value for name, value in found["fields"].items()
        }
        return _KINDS[found["claim"]](**fields)
    except Exception as error:
        raise ValueError(f"what came back is no claim ({type(error).__name__}: {error})") from error


def _plain(name: str, value: Any) -> Tensor | dict[str, Tensor] | str:
    if isinstance(value, Tensor):
        return _plain_tensor(value)
    if isinstance(value, Mapping) and value and all(isinstance(item, Tensor) for item in value.values()):
        return {str(key): _plain_tensor(item) for key, item in value.items()}
    return _json(name, value)


def _plain_tensor(value: Tensor) -> Tensor:
    known_to_numpy = value.float() if value.dtype is torch.bfloat16 else value
    return torch.from_numpy(np.array(known_to_numpy.numpy(force=True)))


def _json(name: str, value: Any) -> str:
    try:
        return json.dumps(dict(value) if hasattr(value, "keys") else value)
    except (TypeError, ValueError) as error:
        raise TypeError(f"a claim's {name} must be a tensor or JSON values: {error}") from error


def _bytes(content: dict[str, Any]) -> bytes:
    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()
