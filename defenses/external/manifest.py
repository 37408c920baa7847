"""The TOML beside a user's networks: which files, what goes in, what comes out, what the key is."""

import hashlib
import tomllib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bench.errors import BenchError

FORMATS = {".pt": "TorchScript", ".pt2": "torch.export"}
"""Suffix of a file to what wrote it."""
ROLES = ("encoder", "segmenter", "decoder")

MOST_NUMBERS = 10**9
"""Of noise, drawn for one scan."""

Positive = Annotated[int, Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Network(_Table):
    """One file."""

    file: str


class Grid(_Table):
    """What the networks accept.

    Attributes:
        shape: voxels along right, anterior, superior, or `any`.
        multiple: sides are padded with zeros up to a multiple of this, and cropped again behind every network.
        spacing_mm: the voxel that the networks were trained on; None if they do not care.
    """

    shape: Literal["any"] | tuple[Positive, Positive, Positive] = "any"
    multiple: Annotated[int, Field(ge=1, le=256)] = 1
    spacing_mm: Annotated[float, Field(gt=0)] | None = None


class Noise(_Table):
    """Normal noise, drawn for every query."""

    shape: Annotated[tuple[Positive, ...], Field(min_length=1)]


class References(_Table):
    """Scans of the client's pool, drawn for every query without replacement."""

    count: Positive
    labels: bool = False


class Weight(_Table):
    """A number uniform in (low, high], drawn for every query."""

    low: Annotated[float, Field(ge=0, lt=1)] = 0.0
    high: Annotated[float, Field(gt=0, le=1)] = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> "Weight":
        if self.low >= self.high:
            raise ValueError(f"low must be below high, got {self.low} and {self.high}")
        return self


class Key(_Table):
    """What the client draws in secret for every query; nothing if all are None."""

    noise: Noise | None = None
    references: References | None = None
    weight: Weight | None = None

    @property
    def drawn(self) -> bool:
        """Whether there is a key at all."""
        return any(part is not None for part in (self.noise, self.references, self.weight))


class Manifest(_Table):
    """The whole file.

    Attributes:
        classes: background first, as in the cohort.
        output: what the segmenter gives.
        queries: K, encodings sent per scan.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    citation: str | None = None
    notes: str | None = None
    classes: Annotated[tuple[str, ...], Field(min_length=2)]
    output: Literal["logits", "probabilities"]
    queries: Annotated[int, Field(ge=1, le=1000)] = 1
    encoder: Network | None = None
    segmenter: Network
    decoder: Network | None = None
    input: Grid = Grid()
    key: Key = Key()

    @model_validator(mode="after")
    def _key_is_used(self) -> "Manifest":
        if self.key.drawn and self.encoder is None:
            raise ValueError("a [key] without an [encoder] hides nothing: name the encoder that takes it")
        if self.queries > 1 and not self.key.drawn:
            raise ValueError(f"queries = {self.queries} without a [key] sends the same thing {self.queries} times")
        return self

    @model_validator(mode="after")
    def _noise_fits_into_memory(self) -> "Manifest":
        noise = self.key.noise
        if noise is not None and self.queries * prod(noise.shape) > MOST_NUMBERS:
            asked = f"key.noise.shape = {list(noise.shape)} for {self.queries} queries"
            raise ValueError(f"{asked} is more than {MOST_NUMBERS:g} numbers")
        return self


@dataclass(frozen=True, eq=False)
class Package:
    """A manifest with the content of its files, read once: what is hashed is what is loaded.

    Attributes:
        path: the TOML.
        files: bytes by role (`encoder`, `segmenter`, `decoder`).
        digest: hash of the TOML and of all files, wherever they lie.
    """

    path: Path
    manifest: Manifest
    files: dict[str, bytes]
    digest: str

    def named(self, role: str) -> str:
        """A role with its file, for messages."""
        return f"{role} {getattr(self.manifest, role).file} of {self.manifest.name}"


def read_package(path: Path) -> Package:
    """The manifest in `path` and the files that it names, which are sought beside it. Nothing is run.

    Raises:
        BenchError: a file is missing or lies elsewhere, is no TOML, or has a field that does not fit; one line.
    """
    text = _bytes_of(path, "no manifest")
    try:
        raw = tomllib.loads(text.decode("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BenchError(f"{path} is no TOML: {error}; see docs/bring-your-own.md") from error
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as error:
        raise BenchError(f"{path}: {_first_complaint(error.errors()[0])}; see docs/bring-your-own.md") from error
    files: dict[str, bytes] = {}
    digest = hashlib.sha256(text)
    for role in ROLES:
        network: Network | None = getattr(manifest, role)
        if network is None:
            continue
        if Path(network.file).suffix not in FORMATS:
            allowed = " or ".join(f"{suffix} ({writer})" for suffix, writer in FORMATS.items())
            raise BenchError(f"{path}: [{role}] file = {network.file!r} must end in {allowed}")
        files[role] = _network_bytes(path, role, network.file)
        digest.update(f"\0{role}\0".encode() + hashlib.sha256(files[role]).digest())
    return Package(path, manifest, files, digest.hexdigest()[:16])


def _network_bytes(path: Path, role: str, file: str) -> bytes:
    """A file in the folder of the manifest or below; links and `..` may lead nowhere else."""
    complaint = f"{path}: [{role}] file = {file!r}"
    try:
        folder, place = path.parent.resolve(), (path.parent / file).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BenchError(f"{complaint}: no such file ({error})") from error
    if not place.is_relative_to(folder):
        raise BenchError(f"{complaint} lies outside of the manifest's folder; put the file beside the manifest")
    if place.exists() and not place.is_file():
        raise BenchError(f"{complaint} is no regular file")
    return _bytes_of(place, f"{complaint}: no such file")


def _bytes_of(path: Path, complaint: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BenchError(f"{complaint} {path}: {error.strerror}") from error


def _first_complaint(error: Any) -> str:
    field = ".".join(str(part) for part in error["loc"] if not str(part).startswith(("literal[", "tuple[")))
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{field} is missing"
    if error["type"] == "extra_forbidden":
        return f"there is no field {field}"
    return f"{field} = {error['input']!r} does not fit: {message}" if field else message
