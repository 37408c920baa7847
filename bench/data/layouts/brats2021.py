"""BraTS 2021, task 1, as the challenge ships it: `BraTS2021_00000/BraTS2021_00000_t1ce.nii.gz` with `_seg.nii.gz`.

Layout and labels: Baid et al., "The RSNA-ASNR-MICCAI BraTS 2021 benchmark", arXiv:2107.02314; 1251 people with labels,
one visit each, images on the SRI24 atlas at 1 mm, stripped of the skull.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

from bench.data.about import About
from bench.data.layouts.lesions import LesionCohort
from bench.data.row import FIRST_SESSION, Labelling, Listing, Row, repeated, require_folder
from bench.errors import BenchError

LABELS = "_seg.nii.gz"
CLASSES = {0: "background", 1: "NCR", 2: "ED", 3: "ET"}
"""Necrotic core, peritumoral edema, enhancing tumour."""
GROUPS = {0: 0, 1: 1, 2: 2, 4: 3}
"""The files skip number 3."""


@final
@dataclass(frozen=True, kw_only=True)
class Brats2021(LesionCohort):
    """Tumours: the image is left as it is where there is none.

    Attributes:
        image: which of the four contrasts; `t1ce` is T1-weighted after contrast agent.
        revisits: `simulate` makes two visits of everybody's scan, `real` leaves it at one; `auto` simulates.
    """

    name: ClassVar[str] = "brats2021"
    summary: ClassVar[str] = "BraTS 2021: tumours in T1CE, 1251 people, one visit each (a second one is simulated)."
    source: ClassVar[str] = "Baid et al., arXiv:2107.02314; Menze et al., IEEE TMI 34(10), 2015"
    about: ClassVar[About] = About(
        size="1251 people with labels, one visit each",
        licence="terms of the challenge at synapse.org",
        get="register at synapse.org, download the training data of task 1",
        citation="Baid et al., arXiv:2107.02314; Menze et al., IEEE TMI 34(10), 2015; Bakas et al., Sci. Data 4, 2017",
        tree="""DIR/
  BraTS2021_00000/BraTS2021_00000_t1ce.nii.gz     or _t1, _t2, _flair
  BraTS2021_00000/BraTS2021_00000_seg.nii.gz      0, 1 NCR, 2 ED, 4 ET""",
    )

    image: Literal["t1ce", "t1", "t2", "flair"] = "t1ce"

    def listing(self, root: Path | None) -> Listing:
        """Every folder `BraTS2021_*`."""
        folder = require_folder(root, self.name, "the folder with BraTS2021_00000 and so on")
        people = sorted(path for path in folder.glob("BraTS2021_*") if path.is_dir())
        if not people:
            raise BenchError(f"{folder} holds no BraTS2021_* folder; unpack the training data of task 1 there")
        rows = tuple(
            Row(
                person.name,
                FIRST_SESSION,
                person / f"{person.name}_{self.image}.nii.gz",
                person / f"{person.name}{LABELS}",
            )
            for person in people
        )
        problems = [
            f"{file} is missing; unpack that person again (validation data have no labels and cannot be used)"
            for row in rows
            for file in row.files
            if not file.exists()
        ]
        return Listing(
            root=folder,
            rows=rows,
            labelling=Labelling(classes=CLASSES, groups=GROUPS, listed_in="BraTS 2021 (0, 1, 2, 4)", may_be_empty=True),
            notes=("Data: BraTS 2021, task 1.",),
            problems=(*problems, *repeated(rows)),
        )
