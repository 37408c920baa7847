"""Deformation-Proxy, a declared re-design: the scan is sent under a secret warp, the answer is warped back.

Source: Kim, Dolz, Desrosiers, Jodoin, "Privacy Preserving for Medical Image Analysis via Non-Linear Deformation Proxy",
BMVC 2021 (arXiv 2011.12835). Only its abstract was at hand: a generator turns a private key into a pseudo-random
bi-directional flow field, a Siamese discriminator works against it, the segmentation comes back deformed and the
client reverts it. Everything else here is ours, and numbers of this plugin say nothing about theirs.
Secret (the key): the code c ~ N(0, I) that the generator turns into a warp. The generator stays in the hospital too.
Public: the size of the largest displacement. Intensities are sent as they are: only shape is hidden.
Differs from the paper: unknown. Ours: the warp does not depend on the image; phi = exp(v) and phi^-1 = exp(-v) are
inverses up to interpolation; the field lies on a lattice over the whole head, so it is the same on every grid and
does not shift the head as a whole; scans are warped with cubic splines, answers trilinearly.
A field that folds (Jacobian determinant <= 0 in either direction) is never used: the key holds further codes, and the
first whose warp does not fold counts.
Judged: never by the adversary that it was trained against, which is thrown away; by attacks that it never met, among
them `reid-siamese`, which is trained anew on its releases, and `unwarp`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.pairs import PairSampler
from bench.data.warp import jacobian_determinant
from bench.defense import Defense, Networks, Panel
from bench.defenses.adversary import AdversaryLoss, AdversaryObjective, SmallOrDense, make_adversary
from bench.defenses.deformation_training import DeformationObjective, DeformedPairs, Geometry, Weights
from bench.defenses.training import TRAINING_PRESETS, Trained
from bench.errors import BenchError
from bench.models.diffeomorphism import VelocityGenerator, exponential, in_lattice_units, on_voxels, warp, warp_sharply
from bench.models.inference import predict
from bench.plugin import require_at_least
from bench.types.scan import Cohort, Scan
from bench.types.traffic import Probabilities, Release, Reply
from bench.types.training import Phase, Trainer

CODE = 32
ATTEMPTS = 8
"""Codes in a key; the first whose warp does not fold is used."""
REFERENCE_SIDE = 144
"""The largest displacement is given in voxels of a volume whose shortest side has so many."""

_SMALL: Mapping[str, Any] = {"adversary": "small", "adversary_widths": (8, 16, 32)}

DeformationKey = Float[Tensor, "attempt code"]
Displacement = Float[Tensor, "1 3 depth height width"]


@dataclass(frozen=True, eq=False)
class Fields:
    """A warp and its inverse, in voxels."""

    phi: Displacement
    inverse: Displacement


@final
@dataclass(frozen=True, kw_only=True)
class DeformationProxy(Trained, Defense[DeformationKey]):
    """Send phi.x, warp the answer back with phi^-1.

    Attributes:
        iterations: steps, each one of Adam for generator and segmenter and one for the adversary.
        batch_size: pairs of patches in a step.
        patch: edge of the training cubes in voxels, without the margin that is cut around them.
        max_displacement: largest displacement along an axis, in voxels at a shortest side of 144; scales with the grid.
        generator_widths: channels of the generator, coarsest lattice first; n of them give the velocity 4 * 2^(n - 1)
            nodes an axis.
        smoothing: standard deviation of the Gaussian on the velocity, in nodes.
        adversary: `densenet121`, or `small`.
        adversary_widths: channels of the small adversary's convolutions.
        adversary_loss: what the generator minimises: `confusion` (bounded) or `negative_ce`.
        adversary_weight, inverse_weight, recovered_weight, smooth_weight, diverse_weight: of the loss terms beside the
            segmentation's.
        diverse_margin: mean difference of two keys' velocities that is aimed at, in shares of the largest.
    """

    name: ClassVar[str] = "deformation-proxy"
    summary: ClassVar[str] = (
        "send the scan under a secret warp learned against an adversary that never judges it (a re-design)"
    )
    source: ClassVar[str] = "after Kim et al., Non-Linear Deformation Proxy, BMVC 2021 (abstract only; our re-design)"
    family: ClassVar[str] = "deformation-proxy"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "smoke": {**TRAINING_PRESETS["smoke"], **_SMALL, "generator_widths": (16, 8), "smoothing": 0.5},
        "quick": {
            **TRAINING_PRESETS["quick"],
            **_SMALL,
            "generator_widths": (32, 16, 8),
            "smoothing": 1.0,
        },
        "standard": {**TRAINING_PRESETS["standard"], "adversary": "small"},
    }

    max_displacement: float = 8.0
    generator_widths: tuple[int, ...] = (64, 32, 16, 8)
    smoothing: float = 2.0
    adversary: SmallOrDense = "densenet121"
    adversary_widths: tuple[int, ...] = (16, 32, 64, 128)
    adversary_loss: AdversaryLoss = "confusion"
    adversary_weight: float = 1.0
    inverse_weight: float = 1.0
    recovered_weight: float = 1.0
    smooth_weight: float = 0.1
    diverse_weight: float = 1.0
    diverse_margin: float = 0.45

    def __post_init__(self) -> None:
        super().__post_init__()
        require_at_least(1, self, "generator_widths", "adversary_widths")
        require_at_least(0, self, "smoothing", "diverse_margin")
        if self.max_displacement <= 0:
            raise ValueError(f"max_displacement must be > 0, got {self.max_displacement}; for no warp use no-proxy")
        for term in ("adversary", "inverse", "recovered", "smooth", "diverse"):
            if getattr(self, f"{term}_weight") < 0:
                raise ValueError(f"{term}_weight must be >= 0, got {getattr(self, f'{term}_weight')}")

    def bound(self, shape: Sequence[int]) -> float:
        """Largest displacement along an axis, in voxels of a volume of this shape."""
        return self.max_displacement * min(shape) / REFERENCE_SIDE

    def fit(self, cohort: Cohort, trainer: Trainer) -> Networks:
        """Train generator and S in turn with the adversary, one step each per batch.

        Raises:
            BenchError: too few people of the training role have repeated visits, or a patch is not much larger than
                what the warp may move it.
        """
        from bench.models.unetpp import UNetPlusPlus

        geometry = Geometry(shape=cohort.shape, bound=self.bound(cohort.shape), patch=self.patch)
        if self.patch <= 2 * geometry.margin:
            raise BenchError(
                f"patch must be > {2 * geometry.margin} voxels with max_displacement={self.max_displacement:g} here, "
                f"got {self.patch}; enlarge it or move less"
            )
        # At the border of a small volume there is less to cut around a patch.
        cube = max(self.patch, min(self.patch + 2 * geometry.margin, *cohort.shape))
        sampler = PairSampler.of(cohort, patch=cube, batch=self.batch_size, device=trainer.device)
        client = VelocityGenerator(CODE, self.generator_widths, self.smoothing)
        server = UNetPlusPlus(1, len(cohort.classes), self.widths)
        adversary = make_adversary(self.adversary, self.adversary_widths)
        proxies = DeformedPairs(client, CODE, geometry)
        objective = DeformationObjective(
            proxies,
            server,
            adversary,
            classes=len(cohort.classes),
            weights=Weights(
                adversary=self.adversary_weight,
                inverse=self.inverse_weight,
                recovered=self.recovered_weight,
                smooth=self.smooth_weight,
                diverse=self.diverse_weight,
                margin=self.diverse_margin,
            ),
            adversary_loss=self.adversary_loss,
        )
        turns = [
            Phase("generator", objective, nn.ModuleList([client, server])),
            Phase("adversary", AdversaryObjective(adversary, proxies), adversary),
        ]
        history = trainer.fit("deformation-proxy", turns, sampler, self.schedule)
        return Networks(client=client, server=server, history=history)

    def draw_key(self, rng: np.random.Generator, references: Sequence[Scan]) -> DeformationKey:
        """Codes from N(0, I)."""
        return torch.from_numpy(rng.standard_normal((ATTEMPTS, CODE), dtype=np.float32))

    def fields(self, key: DeformationKey, client: nn.Module, shape: Sequence[int]) -> Fields:
        """The warp of the first code that does not fold, and its inverse.

        Raises:
            BenchError: all of them fold.
        """
        for code in key:
            found = _fields(code[None], client, shape, self.bound(shape))
            if lowest_determinant(found) > 0:
                return found
        raise BenchError(
            f"all {len(key)} warps of a key fold space (Jacobian determinant <= 0); "
            f"lower max_displacement (now {self.max_displacement:g}) or raise smoothing (now {self.smoothing:g})"
        )

    def protect(self, image: Float[Tensor, "1 depth height width"], key: DeformationKey, client: nn.Module) -> Release:
        """The scan under the key's warp, phi.x."""
        return Release(_warped(image, self.fields(key, client, image.shape[1:]))[None])

    def serve(self, release: Release, server: nn.Module) -> Reply:
        """softmax(S(phi.x)), as warped as what was sent."""
        return Reply(predict(lambda x: server(x).softmax(dim=1), release.queries))

    def recover(self, reply: Reply, key: DeformationKey, client: nn.Module) -> Probabilities:
        """phi^-1 of the reply."""
        return warp(reply.maps[:1], self.fields(key, client, reply.maps.shape[2:]).inverse)[0]

    def self_checks(self, scan: Scan, key: DeformationKey, client: nn.Module) -> dict[str, float]:
        """How well warping is undone, how far it is from folding, and how much it moves.

        `round_trip_error`: mean |phi^-1(phi(x)) - x| over the brain, of values in [0, 1]; `lowest_determinant`: of the
        Jacobians of phi and its inverse, 1 for no change, <= 0 for a fold; `changed`: mean |phi(x) - x| over the brain;
        `moved_voxels`: mean length of the displacement there.
        """
        fields = self.fields(key, client, scan.image.shape[1:])
        brain = (scan.image[0] > 0).cpu()
        sent, returned = _there_and_back(scan, fields)
        return {
            "round_trip_error": float((returned - scan.image).abs()[0].cpu()[brain].mean()),
            "lowest_determinant": lowest_determinant(fields),
            "changed": float((sent - scan.image).abs()[0].cpu()[brain].mean()),
            "moved_voxels": float(_length(fields).cpu()[brain].mean()),
        }

    def illustrate(self, scan: Scan, key: DeformationKey, networks: Networks) -> list[list[Panel]]:
        """The way through the system; then the same scan under another key, and what warping alone loses."""
        fields = self.fields(key, networks.client, scan.image.shape[1:])
        sent, returned = _there_and_back(scan, fields)
        reply = self.serve(Release(sent[None]), networks.server)
        other = self.protect(scan.image, key.flip(0), networks.client)
        error = (returned - scan.image).abs()[0]
        lost = float(error[scan.image[0] > 0].mean())
        length = _length(fields)
        recovered = self.recover(reply, key, networks.client)
        return [
            [
                Panel("target", scan.image[0], is_label=False),
                Panel("sent", sent[0], is_label=False),
                Panel("server's map", reply.maps[0].argmax(dim=0), is_label=True),
                Panel("recovered", recovered.argmax(dim=0), is_label=True),
                Panel("truth", scan.labels, is_label=True),
            ],
            [
                Panel("under another key", other.queries[0, 0], is_label=False),
                Panel("changed by warping", (sent - scan.image).abs()[0], is_label=False),
                Panel(f"moved, white = {float(length.max()):.1f} voxels", length / length.max(), is_label=False),
                Panel("warped back", returned[0], is_label=False),
                Panel(f"its error, mean {lost:.3f}", error, is_label=False),
            ],
        ]


def _warped(image: Float[Tensor, "1 depth height width"], fields: Fields) -> Float[Tensor, "1 depth height width"]:
    return warp_sharply(image[None], fields.phi).clamp(0, 1)[0]


def _there_and_back(scan: Scan, fields: Fields) -> tuple[Float[Tensor, "1 d h w"], Float[Tensor, "1 d h w"]]:
    """What is sent of a scan, and what unwarping makes of it."""
    sent = _warped(scan.image, fields)
    return sent, warp_sharply(sent[None], fields.inverse)[0]


def _length(fields: Fields) -> Float[Tensor, "depth height width"]:
    """How far phi moves every voxel."""
    return fields.phi[0].square().sum(dim=0).sqrt()


def lowest_determinant(fields: Fields) -> float:
    """Smallest Jacobian determinant of a warp and its inverse; <= 0 means that space folds over."""
    return min(
        float(jacobian_determinant(u[0].detach().cpu().numpy(), 1.0).min()) for u in (fields.phi, fields.inverse)
    )


def _fields(code: Float[Tensor, "1 code"], client: nn.Module, shape: Sequence[int], bound: float) -> Fields:
    starts = torch.zeros(1, 3, dtype=torch.long)
    home = next(client.parameters()).device
    velocity = in_lattice_units(bound * client(code.to(home)), shape)
    return Fields(
        phi=on_voxels(exponential(velocity), shape, starts, shape),
        inverse=on_voxels(exponential(-velocity), shape, starts, shape),
    )
