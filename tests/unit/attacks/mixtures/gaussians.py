"""White Gaussian people, for whom every answer is known, and views of what they send."""

from collections.abc import Sequence

import torch
from torch import Tensor

from bench.attack import Attack
from bench.types.scan import Cohort, Revisits, Scan
from bench.types.traffic import Release, Transcript
from bench.view import AttackerView, view_for

SIDE = 16
MEAN, SPREAD = 0.5, 0.08


def draw(count: int, seed: int) -> Tensor:
    """`person 1 depth height width`, independent voxels."""
    generator = torch.Generator().manual_seed(seed)
    return MEAN + SPREAD * torch.randn(count, 1, SIDE, SIDE, SIDE, generator=generator)


def cohort(images: Tensor) -> Cohort:
    """One scan a person."""
    labels = torch.zeros(images.shape[2:], dtype=torch.uint8)
    scans = tuple(
        Scan(image=image, labels=labels, subject=f"p{i}", family=f"p{i}", session="1") for i, image in enumerate(images)
    )
    return Cohort(name="gaussians", scans=scans, classes=("a",), spacing_mm=1.0, synthetic=True, revisits=Revisits.NONE)


def mixed(targets: Tensor, references: Tensor, alpha: Tensor, chosen: Tensor) -> list[Tensor]:
    """Queries of every target; `alpha` and `chosen` (indices of references) have one row a target."""
    a = alpha[:, :, None, None, None, None]
    return list(a * targets[:, None] + (1 - a) * references[chosen])


def view(attack: Attack, queries: Sequence[Tensor], auxiliary: Cohort, pool: Cohort | None = None) -> AttackerView:
    """What the attack's card opens."""
    transcript = Transcript([Release(each) for each in queries])
    offers = {"auxiliary": auxiliary, "reference_pool": pool}
    return view_for(attack.name, attack.threat, transcript, offers, auxiliary.classes, 1.0)


def missed(images: Tensor, targets: Tensor) -> float:
    """Share of the targets' variance that the images leave unexplained."""
    return float((images - targets).square().mean()) / SPREAD**2
