"""The open MS data of Ljubljana: `longitudinal/coregistered/patient01/study1_FLAIR.nii.gz` and so on.

Layout: github.com/muschellij2/open_ms_data. Longitudinal: 20 people, two visits, `gt.nii.gz` marks the white matter
that changed between them, `brainmask.nii.gz` the brain. Cross-sectional: 30 people, one visit, `consensus_gt.nii.gz`
marks their lesions. Older copies put `patient01_` before the names of some files; both are read.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

from bench.data.about import About
from bench.data.layouts.lesions import LesionCohort
from bench.data.row import FIRST_SESSION, Labelling, Listing, Row, repeated, require_folder
from bench.errors import BenchError

CHANGE = "change of lesions"
SHARED_LABELS = (
    "Both visits of a person share one label map, that of the change between them: whoever sees label maps links the "
    "visits without looking at an image."
)


@final
@dataclass(frozen=True, kw_only=True)
class OpenMs(LesionCohort):
    """Lesions of multiple sclerosis, or how they changed from one visit to the next.

    Attributes:
        part: `longitudinal` (two real visits) or `cross-sectional` (one).
    """

    name: ClassVar[str] = "open_ms"
    summary: ClassVar[str] = "Open MS data of Ljubljana: 20 people with two real visits, or 30 with one; CC BY."
    source: ClassVar[str] = "Lesjak et al., Neuroinformatics 14(4), 2016 (longitudinal) and 16(1), 2018"
    about: ClassVar[About] = About(
        size="longitudinal: 20 people, 40 scans; cross-sectional: 30 people, 30 scans",
        licence="CC BY",
        get="git clone https://github.com/muschellij2/open_ms_data",
        citation="Lesjak et al., Neuroinformatics 14(4), 2016 (longitudinal) and 16(1), 2018 (cross-sectional)",
        tree="""DIR/
  longitudinal/coregistered/patient01/study1_{FLAIR,T1W,T2W}.nii.gz, study2_...
  longitudinal/coregistered/patient01/{gt,brainmask}.nii.gz
  cross_sectional/coregistered/patient01/{FLAIR,T1W,T2W,consensus_gt,brainmask}.nii.gz""",
    )

    part: Literal["longitudinal", "cross-sectional"] = "longitudinal"
    image: Literal["FLAIR", "T1W", "T2W"] = "FLAIR"

    def __post_init__(self) -> None:
        if self.part not in ("longitudinal", "cross-sectional"):
            raise ValueError(f"part must be longitudinal or cross-sectional, got {self.part!r}")
        super().__post_init__()

    def listing(self, root: Path | None) -> Listing:
        """Every visit of every `patient*` folder."""
        folder = require_folder(root, self.name, "the folder of the repository (the one with longitudinal)")
        place = folder / self.part.replace("-", "_") / "coregistered"
        people = sorted(path for path in place.glob("patient*") if path.is_dir())
        if not people:
            raise BenchError(f"{place} holds no patient* folder; give the folder of the repository open_ms_data")
        longitudinal = self.part == "longitudinal"
        visits = ("study1", "study2") if longitudinal else (FIRST_SESSION,)
        rows = tuple(
            Row(
                subject=person.name,
                session=visit,
                image=_file(person, f"{visit}_{self.image}" if longitudinal else self.image),
                labels=_file(person, "gt" if longitudinal else "consensus_gt"),
                brain=_file(person, "brainmask"),
            )
            for person in people
            for visit in visits
        )
        missing = dict.fromkeys(file for row in rows for file in row.files if not file.exists())
        named = {0: "background", 1: CHANGE if longitudinal else "lesion"}
        return Listing(
            root=folder,
            rows=rows,
            labelling=Labelling(classes=named, listed_in="open_ms_data (0, 1)", may_be_empty=True),
            notes=("Data: open MS data of the University of Ljubljana; licence: CC BY.",)
            + ((SHARED_LABELS,) if longitudinal else ()),
            problems=(*(f"{file} is missing; copy that person again" for file in missing), *repeated(rows)),
        )


def _file(person: Path, stem: str) -> Path:
    prefixed = person / f"{person.name}_{stem}.nii.gz"
    return prefixed if prefixed.exists() else person / f"{stem}.nii.gz"
