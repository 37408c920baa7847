"""A method of somebody's own, exported in a moment: what the `external` defense is tested with."""

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

MANIFEST = """
name = "toy mixture"
citation = "nobody, nowhere"
classes = ["background", "outer", "middle", "inner"]
output = "logits"
queries = 3
[encoder]
file = "encoder.pt"
[segmenter]
file = "segmenter.pt"
[decoder]
file = "decoder.pt"
[input]
multiple = 8
[key.noise]
shape = [1, 1, 1, 1]
[key.references]
count = 2
labels = true
[key.weight]
low = 0.5
"""
"""A key of every kind and several queries, on the toy cohort of `tests.conftest`."""


class Mixer(nn.Module):
    """Mixture of the scan and the mean of its references, plus a number."""

    def forward(self, image: Tensor, noise: Tensor, references: Tensor, weight: Tensor) -> Tensor:
        return weight * image + (1 - weight) * references.mean(dim=1) + 0.01 * noise


class Bands(nn.Module):
    """Logits of four bands of intensity."""

    def __init__(self) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.tensor([0.0, 0.3, 0.6, 0.9]).reshape(1, 4, 1, 1, 1))

    def forward(self, release: Tensor) -> Tensor:
        return -100 * (release - self.centres) ** 2


class Unmixer(nn.Module):
    """Takes the references' labels out again."""

    def forward(self, reply: Tensor, noise: Tensor, references: Tensor, labels: Tensor, weight: Tensor) -> Tensor:
        unmixed = ((reply - (1 - weight) * labels.mean(dim=1)) / weight).clamp(min=0) + 1e-6
        return unmixed / unmixed.sum(dim=1, keepdim=True)


class Halver(nn.Module):
    """Half of everything: an encoder without a key."""

    def forward(self, image: Tensor) -> Tensor:
        return image / 2


def write_method(folder: Path, manifest: str = MANIFEST, **networks: nn.Module) -> Path:
    """The manifest and its TorchScript files; `networks` replaces some by role."""
    folder.mkdir(parents=True, exist_ok=True)
    every = {"encoder": Mixer(), "segmenter": Bands(), "decoder": Unmixer()} | networks
    for role, network in every.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.script(network.eval()).save(str(folder / f"{role}.pt"))
    (folder / "model.toml").write_text(manifest)
    return folder / "model.toml"


def export(network: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> None:
    """A `torch.export` file whose first input may have any sides."""
    free = {axis: torch.export.Dim.AUTO for axis in (2, 3, 4)}
    shapes = (free, *({} for _ in inputs[1:]))
    torch.export.save(torch.export.export(network.eval(), inputs, dynamic_shapes=shapes), path)


def plain(**changes: str) -> str:
    """A manifest without key and decoder, with some lines changed: `plain(output='"probabilities"')`."""
    lines = {"name": '"half"', "classes": '["background", "outer", "middle", "inner"]', "output": '"logits"'} | changes
    text = "\n".join(f"{key} = {value}" for key, value in lines.items() if not key.startswith("table_"))
    tables = "\n".join(value for key, value in changes.items() if key.startswith("table_"))
    return f'{text}\n[encoder]\nfile = "encoder.pt"\n[segmenter]\nfile = "segmenter.pt"\n{tables}\n'


def changed(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one member changed, or added if it is not there."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as new:
        top = old.namelist()[0].partition("/")[0]
        members = {entry: old.read(entry) for entry in old.namelist()}
        members[f"{top}/{name}"] = change(members.get(f"{top}/{name}", b""))
        for entry, content in members.items():
            new.writestr(entry, content)
    return stream.getvalue()
