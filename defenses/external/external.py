"""A user's own method, trained elsewhere.

Source: whatever the manifest names as its own; the suite trains nothing and changes nothing.
Secret: the encoder, the decoder, and what the manifest lists under [key]. Public: the segmenter and everything else.
Convention: `encoder(image[, key...])` gives the release, `segmenter(release)` the reply, `decoder(reply[, key...])`
probabilities; the answers to K queries are averaged. Nobody here knows who was in the method's own training data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import Defense, Networks, Origin
from bench.defenses.external.key import ExternalKey, draw_external_key
from bench.defenses.external.manifest import Manifest, Package, read_package
from bench.defenses.external.program import Program
from bench.errors import BenchError
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import History, Trainer

_TOLERANCE = 1e-3


@final
@dataclass(frozen=True, kw_only=True)
class External(Defense[ExternalKey]):
    """Send what the user's encoder makes, get what the user's decoder makes of the answer.

    Attributes:
        manifest: the TOML that names the networks and says how they are called, see docs/bring-your-own.md.
    """

    name: ClassVar[str] = "external"
    summary: ClassVar[str] = "your own trained encoder, segmenter and decoder (TorchScript or torch.export)"
    source: ClassVar[str] = "the user's own, named in the manifest"
    family: ClassVar[str] = "external"

    manifest: Path

    def __post_init__(self) -> None:
        _ = self.package

    @cached_property
    def package(self) -> Package:
        """The manifest and the content of its files."""
        return read_package(self.manifest)

    @property
    def settled(self) -> Manifest:
        """What the manifest says."""
        return self.package.manifest

    @property
    def randomised(self) -> bool:  # type: ignore[override]
        """Whether the manifest asks for a key."""
        return self.settled.key.drawn

    def contents(self) -> Mapping[str, str]:
        """The method's name and the hash of all its files in place of where they lie."""
        return {"manifest": f"{self.settled.name}@{self.package.digest}"}

    def files(self) -> Sequence[Path]:
        """The manifest and the networks; encoder and decoder are the client's secret."""
        return [
            self.manifest,
            *(self.manifest.parent / getattr(self.settled, role).file for role in self.package.files),
        ]

    def origin(self) -> Origin:
        """What the user says about the method."""
        said = self.settled
        return Origin(method=said.name, digest=self.package.digest, citation=said.citation, notes=said.notes)

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Load the networks and send one scan all the way through; nothing is trained.

        Raises:
            BenchError: the networks do not fit the manifest, each other, or the cohort.
        """
        self._require_fit(cohort)
        load = {role: self._program(role, trainer.device) for role in self.package.files}
        client = nn.ModuleDict({role: program for role, program in load.items() if role != "segmenter"})
        networks = Networks(client=client, server=load["segmenter"], history=History())
        self._rehearse(cohort, networks, trainer.device)
        return networks

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> ExternalKey:
        """What the manifest lists, for each of K queries."""
        return draw_external_key(rng, references, self.settled)

    def protect(self, image: Float[Tensor, "1 depth height width"], key: ExternalKey, client: nn.Module) -> Release:
        """The encoder's output for every query; the scan itself where there is no encoder."""
        encoder = _part(client, "encoder")
        if encoder is None:
            return Release(image[None])
        given = [key.for_encoder(query, image.device) for query in range(self.settled.queries)]
        return Release(torch.cat([encoder(image[None], *rest) for rest in given]))

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """The segmenter's probabilities for every query."""
        classes = len(self.settled.classes)
        found = torch.cat([server(query[None], channels=classes) for query in release.queries])
        if self.settled.output == "logits":
            return Reply(found.softmax(dim=1))
        return Reply(self._probabilities(found, "segmenter"))

    def recover(self, reply: Reply, key: ExternalKey, client: nn.Module) -> Probabilities:
        """The mean of what the decoder makes of every answer; of the answers themselves where there is no decoder."""
        decoder, classes = _part(client, "decoder"), len(self.settled.classes)
        if decoder is None:
            return reply.maps.mean(dim=0)
        given = [key.for_decoder(query, classes, reply.maps.device) for query in range(len(reply))]
        maps = [decoder(answer[None], *rest, channels=classes) for answer, rest in zip(reply.maps, given, strict=True)]
        return self._probabilities(torch.cat(maps), "decoder").mean(dim=0)

    def _program(self, role: str, device: torch.device) -> Program:
        suffix = Path(getattr(self.settled, role).file).suffix
        multiple = self.settled.input.multiple
        return Program(self.package.files[role], suffix, self.package.named(role), multiple, device)

    def _probabilities(
        self, maps: Float[Tensor, "query class depth height width"], role: str
    ) -> Float[Tensor, "query class depth height width"]:
        low, high = float(maps.amin()), float(maps.amax())
        if low < -_TOLERANCE or high > 1 + _TOLERANCE:
            remedy = 'write output = "logits" in the manifest, or ' if role == "segmenter" else ""
            raise BenchError(
                f"{self.package.named(role)} gives values from {low:.3g} to {high:.3g}, expected probabilities in "
                f"[0, 1]; {remedy}end it in a softmax"
            )
        return maps.clamp(0, 1)

    def _require_fit(self, cohort: Cohort) -> None:
        said, path = self.settled, self.manifest
        if said.classes != cohort.classes:
            raise BenchError(
                f"{path}: classes = {list(said.classes)}, but the cohort {cohort.name} has {list(cohort.classes)}; "
                "order and names must agree, background first"
            )
        wanted = None if said.input.shape == "any" else tuple(said.input.shape)
        if wanted is not None and wanted != cohort.shape:
            shape = ",".join(map(str, wanted))
            raise BenchError(
                f"{path}: [input] shape = {list(wanted)}, but the scans are on a grid of {list(cohort.shape)}; "
                f"run with --set shape={shape}, or export for any shape"
            )
        spacing = said.input.spacing_mm
        if spacing is not None and abs(spacing - cohort.spacing_mm) > 1e-6:
            raise BenchError(
                f"{path}: [input] spacing_mm = {spacing:g}, but the scans have voxels of {cohort.spacing_mm:g} mm; "
                f"run with --set spacing_mm={spacing:g} and a shape that holds the brain at that spacing"
            )

    @torch.inference_mode()
    def _rehearse(self, cohort: Cohort, networks: Networks, device: torch.device) -> None:
        """One scan all the way, twice, before anything long runs."""
        image = cohort.scans[0].image.to(device)
        key = self.draw_key(np.random.default_rng(0), cohort.scans)
        release, again = (self.protect(image, key, networks.client) for _ in range(2))
        reply = self.serve(release, networks.server)
        self.recover(reply, key, networks.client)
        if not torch.allclose(release.queries, again.queries, rtol=1e-3, atol=1e-4):
            raise BenchError(
                f"{self.package.named('encoder')} gives another release for the same scan and key: call eval() before "
                "exporting, and draw what is random from [key.noise]"
            )


def _part(client: nn.Module, role: str) -> nn.Module | None:
    assert isinstance(client, nn.ModuleDict)
    return next((part for name, part in client.items() if name == role), None)
