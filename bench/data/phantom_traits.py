"""Age and sex of made-up people: made up as well, from the anatomy that they have anyway.

Nothing is drawn for them, so the scans are those of a phantom without. Men have the larger brains, half of the people
with the default settings; age rises with the share of cerebrospinal fluid and is spread evenly from 20 to 80 years over
them. Both are so in life, and never so simple: that a segmentation tells them here is a dial, not evidence about
patients.
"""

from scipy.special import ndtr

from bench.data.person import Person
from bench.data.warp import axes_mm, points_mm, sample
from bench.dataset import Grid
from bench.types.traits import Sex, Traits

YOUNGEST, OLDEST = 20.0, 80.0
FLUID_MEAN, FLUID_SPREAD = 0.1410, 0.0025
"""Share of cerebrospinal fluid in the brain, before the warp: mean and standard deviation with the default settings."""
BRAIN_ML = 1490.0
"""Median volume of the brain with the default settings."""
STEP_MM = 6.0
"""Between the points at which the brain's volume is measured; about the same whatever the grid, for nobody's sex may
depend on it."""


def made_up_traits(person: Person, grid: Grid) -> Traits:
    """Whole years, and a sex for everybody."""
    fluid = float(person.maps[2].sum(dtype=float) / person.maps[:3].sum(dtype=float))
    older_than = float(ndtr((fluid - FLUID_MEAN) / FLUID_SPREAD))
    age = round(YOUNGEST + (OLDEST - YOUNGEST) * older_than)
    return Traits(float(age), Sex.MALE if _brain_ml(person, grid) > BRAIN_ML else Sex.FEMALE)


def _brain_ml(person: Person, grid: Grid) -> float:
    every = max(round(STEP_MM / grid.spacing_mm), 1)
    points = (points_mm(axes_mm(grid)) + person.displacement)[:, ::every, ::every, ::every]
    brain = sample(person.maps[:3].sum(0, keepdims=True), person.affine, points)
    return float(brain.sum(dtype=float)) * (every * grid.spacing_mm) ** 3 / 1000
