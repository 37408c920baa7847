"""MSLesSeg: `train/P1/T1/P1_T1_FLAIR.nii.gz` with `_MASK.nii.gz`, and `test/P54/P54_FLAIR.nii.gz`.

Layout: the archive on figshare (article 27919209), as several public readers of it use it: people P1 to P53 with one to
four time points, P54 to P75 with one; contrasts T1, T2 and FLAIR, registered to MNI and stripped of the skull. Checked
against those readers, not against the files.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

from bench.data.about import About
from bench.data.layouts.lesions import LesionCohort
from bench.data.listed import RevisitsFrom
from bench.data.row import FIRST_SESSION, Labelling, Listing, Row, repeated, require_folder
from bench.errors import BenchError

PARTS = ("train", "test")
CLASSES = {0: "background", 1: "lesion"}


@final
@dataclass(frozen=True, kw_only=True)
class MsLesSeg(LesionCohort):
    """Lesions of multiple sclerosis at one to four visits of a person."""

    name: ClassVar[str] = "mslesseg"
    summary: ClassVar[str] = "MSLesSeg: lesions in FLAIR, 75 people, 115 scans, real visits, free to download."
    source: ClassVar[str] = "Guarnera et al., MSLesSeg, Scientific Data 12, 2025; Rondinella et al., arXiv:2410.07924"
    about: ClassVar[About] = About(
        size="75 people, 115 scans, one to four visits",
        licence="see the page of the archive",
        get="download 'MSLesSeg Dataset.zip' from springernature.figshare.com, article 27919209",
        citation="Guarnera et al., Scientific Data 12, 2025; Rondinella et al., arXiv:2410.07924",
        tree="""DIR/                                'MSLesSeg Dataset' of the archive
  train/P1/T1/P1_T1_{FLAIR,T1,T2,MASK}.nii.gz
  train/P1/T2/P1_T2_{FLAIR,T1,T2,MASK}.nii.gz
  test/P54/P54_{FLAIR,T1,T2,MASK}.nii.gz""",
    )

    image: Literal["FLAIR", "T1", "T2"] = "FLAIR"
    revisits: RevisitsFrom = "real"

    def listing(self, root: Path | None) -> Listing:
        """Every time point below `train` and `test`."""
        folder = require_folder(root, self.name, "the folder with train and test")
        named = [person for part in PARTS for person in sorted((folder / part).glob("P*")) if person.is_dir()]
        people = [person for person in named if re.fullmatch(r"P\d+", person.name)]
        if not people:
            raise BenchError(f"{folder} holds no train/P* or test/P*; give 'MSLesSeg Dataset' of the archive")
        places = [
            (person.name, place.name if place != person else FIRST_SESSION, place)
            for person in people
            for place in (_time_points(person) or [person])
        ]
        rows = tuple(
            Row(subject, session, place / f"{stem}_{self.image}.nii.gz", place / f"{stem}_MASK.nii.gz")
            for subject, session, place in places
            for stem in [subject if session == FIRST_SESSION else f"{subject}_{session}"]
        )
        problems = [
            f"{person} is nobody's folder: people are called P and a number; move it elsewhere"
            for person in named
            if person not in people
        ]
        problems += [
            f"{file} is missing; unpack that person again" for row in rows for file in row.files if not file.exists()
        ]
        return Listing(
            root=folder,
            rows=tuple(sorted(rows, key=lambda row: (int(row.subject[1:]), row.session))),
            labelling=Labelling(classes=CLASSES, listed_in="MSLesSeg (0, 1)", may_be_empty=True),
            notes=("Data: MSLesSeg.",),
            problems=(*problems, *repeated(rows)),
        )


def _time_points(person: Path) -> list[Path]:
    return sorted(path for path in person.glob("T*") if path.is_dir() and re.fullmatch(r"T\d+", path.name))
