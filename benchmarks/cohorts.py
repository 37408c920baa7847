"""A made-up cohort for what depends on sizes only."""

import torch

from bench.types.scan import Cohort, Revisits, Scan

CLASSES = 4
SHAPE = (80, 100, 80)


def made_up(people: int) -> Cohort:
    """Noise in a ball with four classes; one scan of each person."""
    rng = torch.Generator().manual_seed(0)
    axes = torch.meshgrid(*(torch.linspace(-1.3, 1.3, side) for side in SHAPE), indexing="ij")
    radius = sum(axis**2 for axis in axes) ** 0.5
    labels = ((radius < 1).byte() + (radius < 0.8) + (radius < 0.5)).byte()
    scans = tuple(
        Scan(
            image=(torch.rand(1, *SHAPE, generator=rng) * (labels > 0)),
            labels=labels,
            subject=f"person{k}",
            family=f"person{k}",
            session="visit0",
        )
        for k in range(people)
    )
    names = ("background", "outer", "middle", "inner")
    return Cohort(
        name="made up", scans=scans, classes=names, spacing_mm=2.0, synthetic=True, revisits=Revisits.SIMULATED
    )
