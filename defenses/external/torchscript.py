"""TorchScript archives: PyTorch reads them with an interpreter of its own, which knows no Python objects.

What is left to refuse: archives that are no TorchScript (a state dict has the same suffix and is a pickle), and
programs with an operator that touches files; those run as the program runs, `__setstate__` even while it is loaded.
PyTorch finds members of an archive whatever the case of their names.
"""

import re
import warnings

import torch

from bench.defenses.external.archives import members_of, packed
from bench.defenses.external.script_text import suspicious
from bench.errors import BenchError

_COMPILED_CLASS = re.compile(rb"\btorch[.\n]classes\b")


def load_script(data: bytes, what: str, device: torch.device) -> torch.nn.Module:
    """The program on `device`.

    Raises:
        BenchError: it is no TorchScript, or one with operators that a network does not need.
    """
    members = members_of(data, what)
    codes = [name for name in members if name.lower().startswith("code/") and name.lower().endswith(".py")]
    if not codes or "constants.pkl" not in members:
        raise BenchError(
            f"{what} is no TorchScript archive but a pickle (a state dict or a module saved by torch.save), which "
            "is never opened: save torch.jit.script(network) or torch.export, see docs/bring-your-own.md"
        )
    for name in codes:
        found = suspicious(members[name])
        if found:
            raise BenchError(f"{what} holds {found!r} ({name}), which no network needs, and is not loaded")
    for name, content in members.items():
        if name.lower().endswith(".pkl") and _COMPILED_CLASS.search(content):
            raise BenchError(f"{what} holds an object of a compiled class ({name}) and is not loaded")
    kept = {name: content for name, content in members.items() if not name.lower().endswith(".debug_pkl")}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            network: torch.nn.Module = torch.jit.load(packed(kept), map_location=device)  # type: ignore[no-untyped-call]
    except (RuntimeError, ValueError, torch.jit.Error) as error:
        raise BenchError(f"{what} does not load: {' '.join(str(error).split())[:200]}") from error
    return network.eval()
