"""A made-up cohort with real brain anatomy, for trying everything without a download.

A subject is the MNI152 template under a seeded warp, with its own folding pattern and tissue contrast. A visit adds
what two sessions differ in. The template is symmetric and blurry; the warp is not symmetric, and the folding field
decides, voxel by voxel, where the mean of 152 people leaves the tissue open.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, final

import numpy as np
import torch

from bench import seeds
from bench.data.about import About
from bench.data.appearance import AppearanceRange, apply_appearance
from bench.data.fit import fraction_cut_off, note_on_fit
from bench.data.person import TEMPLATE_SCALE, Person, PersonRange, draw_person
from bench.data.phantom_traits import made_up_traits
from bench.data.template import load_template, template_hash
from bench.data.visit import VisitRange, draw_visit, require_no_folding
from bench.data.warp import axes_mm, compose, points_mm, sample
from bench.dataset import Dataset, Grid
from bench.types.scan import Cohort, Revisits, Scan

CAVEAT = "Phantom: difficulty here is a dial, not evidence about patients."
TISSUES = ("GM", "WM", "CSF")


@final
@dataclass(frozen=True, kw_only=True)
class Phantom(Dataset):
    """Seeded people made from the MNI152 template.

    Attributes:
        subjects: how many people; person 7 is the same whatever this is.
        visits: scans of each person.
        anatomy_mm: root mean square of the warp from the template to a person, along each axis.
        size: standard deviation of the logarithm of a person's brain size, for each axis.
        folding: standard deviation of the random log-odds between tissues that give a person its own cortex.
        tissue_contrast: standard deviation of a person's mean intensity of each tissue.
        texture: standard deviation of a person's fine intensity pattern.
        visit_mm: root mean square of the change of shape between visits, along each axis.
        rotation_deg: standard deviation of each angle of a visit's pose.
        shift_mm: standard deviation of each shift of a visit's pose.
        contrast: standard deviation of a visit's tissue intensities around the person's.
        gamma: standard deviation of the logarithm of a visit's gamma.
        bias: standard deviation of the logarithm of a visit's bias field.
        noise: standard deviation of the Rician noise.
        seed: another seed, other people.
    """

    name: ClassVar[str] = "phantom"
    summary: ClassVar[str] = "Made-up people from the MNI152 template: seeded anatomy, several visits, no download."
    source: ClassVar[str] = "Unveil; generative model after SynthSeg (Billot et al. 2023), anatomy MNI152 2009a"
    synthetic: ClassVar[bool] = True
    needs_root: ClassVar[bool] = False
    about: ClassVar[About] = About(
        size="as many people and visits as you set (60 x 2)",
        licence="the template: free use with its copyright notice (ICBM 2009a)",
        get="nothing to get: made from the template that nilearn ships",
        citation="Fonov et al., NeuroImage 54(1), 2011 (template)",
        tree="no files",
    )

    subjects: int = 60
    visits: int = 2
    anatomy_mm: float = 4.0
    size: float = 0.03
    folding: float = 1.2
    tissue_contrast: float = 0.03
    texture: float = 0.02
    visit_mm: float = 0.4
    rotation_deg: float = 1.0
    shift_mm: float = 0.7
    contrast: float = 0.02
    gamma: float = 0.08
    bias: float = 0.06
    noise: float = 0.02
    seed: int = 0

    def __post_init__(self) -> None:
        for name, lowest in (("subjects", 4), ("visits", 1), ("seed", 0)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} must be >= {lowest}, got {getattr(self, name)}")
        limits = {"anatomy_mm": 20.0, "size": 0.2, "folding": 5.0, "tissue_contrast": 0.2, "texture": 0.2}
        for name, highest in limits.items():
            if not 0 <= getattr(self, name) <= highest:
                raise ValueError(f"{name} must be in [0, {highest:g}], got {getattr(self, name)}")
        self.visit_range()

    def person_range(self) -> PersonRange:
        """How much people differ."""
        return PersonRange(
            anatomy_mm=self.anatomy_mm,
            size=self.size,
            folding=self.folding,
            tissue_contrast=self.tissue_contrast,
            texture=self.texture,
        )

    def visit_range(self) -> VisitRange:
        """How much two visits differ."""
        return VisitRange(
            warp_mm=self.visit_mm,
            rotation_deg=self.rotation_deg,
            shift_mm=self.shift_mm,
            appearance=AppearanceRange(contrast=self.contrast, gamma=self.gamma, bias=self.bias, noise=self.noise),
        )

    def fingerprint(self, root: Path | None) -> str:
        """Hash of the template files; `root` is not used."""
        return template_hash()

    def load(self, root: Path | None, grid: Grid) -> Cohort:
        """Make every scan on `grid`; `root` is not used.

        Raises:
            BenchError: the warp folds space, or the brain does not fit the grid.
        """
        template = load_template(1 if grid.spacing_mm < 2 else 2)
        brain = np.argwhere(template.tissues.sum(0) > 0.5) * template.spacing_mm + template.affine[:3, 3]
        fit = note_on_fit({"phantom template": fraction_cut_off(TEMPLATE_SCALE * brain, grid)}, grid)
        scans: list[Scan] = []
        for index in range(self.subjects):
            rng = seeds.generator(self.seed, "phantom", "subject", index)
            person = draw_person(rng, template, grid, self.person_range())
            traits = made_up_traits(person, grid)
            scans += [replace(self._scan(index, visit, person, grid), traits=traits) for visit in range(self.visits)]
        return Cohort(
            name=self.name,
            scans=tuple(scans),
            classes=("background", *TISSUES),
            spacing_mm=grid.spacing_mm,
            synthetic=self.synthetic,
            revisits=Revisits.SIMULATED if self.visits > 1 else Revisits.NONE,
            notes=(CAVEAT, *fit),
        )

    def _scan(self, index: int, visit: int, person: Person, grid: Grid) -> Scan:
        rng = seeds.generator(self.seed, "phantom", "subject", index, "visit", visit)
        drawn = draw_visit(rng, grid, len(TISSUES), self.visit_range())
        total = compose(drawn.displacement, person.displacement, grid)
        require_no_folding(total, grid, f"anatomy_mm={self.anatomy_mm:g} with visit_mm={self.visit_mm:g}")
        points = points_mm(axes_mm(grid)) + total
        maps = sample(person.maps, person.affine, points)
        shares, brain = maps[:3], maps[:3].sum(0)
        labels = np.concatenate([1 - brain[None], shares]).argmax(0).astype(np.uint8)
        # The image was blurred into the zeros around the brain like the mask was; dividing undoes that.
        image = maps[3] / np.maximum(brain, np.float32(0.25))
        seen = apply_appearance(image, shares, labels > 0, axes_mm(grid), drawn.appearance)
        subject = f"sub-{index + 1:03d}"
        return Scan(
            image=torch.from_numpy(seen[None]),
            labels=torch.from_numpy(labels),
            subject=subject,
            family=subject,
            session=f"visit-{visit + 1}",
            simulated=visit > 0,
        )
