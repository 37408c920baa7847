"""A FreeSurfer subjects folder, as made from PPMI: `ID/mri/{norm,brain,T1}.mgz` with `ID/mri/aseg.mgz`.

Layout: recon-all of FreeSurfer 5 to 7; the longitudinal stream names a time point `TIMEPOINT.long.BASE` beside a
template `BASE` (Reuter et al., "Within-subject template estimation", NeuroImage 61(4), 2012). How people and visits are
spelled within ID is everybody's own choice, hence the setting `pattern`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal, final

from bench.data.about import About
from bench.data.layouts.aseg import CLASSES, TISSUE_OF
from bench.data.listed import ListedDataset, Recipe, RevisitsFrom
from bench.data.row import FIRST_SESSION, Labelling, Listing, Row, repeated, require_folder
from bench.data.source import LABELLED
from bench.errors import BenchError

ASEG = "aseg.mgz"
IMAGES = ("norm", "brain", "T1")
"""Best first: bias-corrected and stripped, stripped, with skull."""
TEMPLATES = ("fsaverage", "cvs_avg35", "bert")
"""Folders that FreeSurfer itself puts there; a prefix of their names."""
PATTERN = r"(?:PPMI[_-])?(?:sub-)?(?P<subject>[0-9A-Za-z]+)(?:[_-](?:ses-)?(?P<session>.+))?"


@final
@dataclass(frozen=True, kw_only=True)
class Ppmi(ListedDataset):
    """People with FreeSurfer segmentations, with the visits that they have.

    Brain is where aseg names a structure; everything else becomes 0, also in images that still show the skull.

    Attributes:
        image: which image of the `mri` folder; `auto` takes the first of norm, brain and T1 that everybody has, so
            that nobody stands out by another kind.
        pattern: regular expression for a whole folder name, with the groups `subject` and, if there is one, `session`.
        revisits: `real` uses every visit; `simulate` uses everybody's first one and makes two visits of it;
            `auto` is `real` if everybody has two or more visits, else `simulate`.
        max_subjects: only so many people, chosen by seed; None for all.
        seed: chooses people and made-up visits.
    """

    name: ClassVar[str] = "ppmi"
    summary: ClassVar[str] = "PPMI or any FreeSurfer subjects folder: T1 with GM, WM and CSF from aseg, real visits."
    source: ClassVar[str] = "Marek et al., Progress in Neurobiology 95(4), 2011; FreeSurfer aseg (Fischl et al. 2002)"
    synthetic: ClassVar[bool] = False
    needs_root: ClassVar[bool] = True
    about: ClassVar[About] = About(
        size="as many as you processed (the paper: 350 people, 773 T1-weighted scans)",
        licence="PPMI Data Use Agreement; no redistribution",
        get="apply at ppmi-info.org, download T1-weighted scans, run FreeSurfer's recon-all on each",
        citation="Marek et al., Progress in Neurobiology 95(4), 2011; Fischl et al., Neuron 33(3), 2002",
        tree="""DIR/                          FreeSurfer's SUBJECTS_DIR
  3001_BL/mri/{norm,brain,T1}.mgz     one kind is enough, the same for everybody
  3001_BL/mri/aseg.mgz
  3001_V04/mri/...
or, of the longitudinal stream,
  3001_BL.long.3001/mri/...           the template 3001/ and 3001_BL/ are left out then""",
    )

    image: Literal["auto", "norm", "brain", "T1"] = "auto"
    pattern: str = PATTERN
    revisits: RevisitsFrom = "real"
    max_subjects: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.image not in ("auto", *IMAGES):
            raise ValueError(f"image must be one of auto, {', '.join(IMAGES)}, got {self.image!r}")
        try:
            groups = re.compile(self.pattern).groupindex
        except re.error as error:
            raise ValueError(f"pattern {self.pattern!r} is no regular expression: {error}") from error
        if "subject" not in groups:
            raise ValueError(f"pattern {self.pattern!r} has no group named subject; write (?P<subject>...)")
        self.recipe()

    def recipe(self) -> Recipe:
        """The settings, checked."""
        return Recipe(
            name=self.name,
            region=LABELLED,
            revisits=self.revisits,
            max_subjects=self.max_subjects,
            seed=self.seed,
        )

    def listing(self, root: Path | None) -> Listing:
        """Every time point with an `aseg.mgz`."""
        folder = require_folder(root, self.name, "the folder that FreeSurfer calls SUBJECTS_DIR")
        points = time_points(folder)
        problems: list[str] = []
        wanted = IMAGES if self.image == "auto" else (self.image,)
        lacking = {kind: [point for point in points if not _image(point, kind).exists()] for kind in wanted}
        kind = min(wanted, key=lambda name: len(lacking[name]))  # of equals the first, which is the best
        if lacking[kind]:
            problems.append(
                f"{_image(lacking[kind][0], kind)} is missing, and so for {len(lacking[kind])} of {len(points)} scans; "
                "copy it for everybody, or choose another kind with --set image=norm, brain or T1"
            )
        rows: list[Row] = []
        for point in points:
            subject, session = self._whose(point.name)
            if not subject:
                problems.append(
                    f"{point} does not fit the pattern {self.pattern!r}; rename it, or set another --set pattern=REGEX"
                )
            elif not (point / "mri" / ASEG).exists():
                problems.append(f"{point / 'mri'} has no {ASEG}; finish recon-all for it, or move the folder away")
            else:
                rows.append(Row(subject, session, _image(point, kind), point / "mri" / ASEG))
        return Listing(
            root=folder,
            rows=tuple(sorted(rows, key=lambda row: (row.subject, row.session))),
            labelling=Labelling(classes=CLASSES, groups=TISSUE_OF, listed_in="FreeSurfer's aseg"),
            notes=("Labels: FreeSurfer aseg, automatic, grouped into GM, WM and CSF.",),
            problems=(*problems, *repeated(tuple(rows))),
        )

    def _whose(self, name: str) -> tuple[str, str]:
        point, long, base = name.partition(".long.")
        match = re.fullmatch(self.pattern, point)
        if match is None:
            return ("", "")
        session = match.groupdict().get("session") or FIRST_SESSION
        if not long:
            return (match["subject"], session)
        known = re.fullmatch(self.pattern, base)
        return (known["subject"] if known is not None else base, session if session != FIRST_SESSION else point)


def _image(point: Path, kind: str) -> Path:
    return point / "mri" / f"{kind}.mgz"


def time_points(root: Path) -> list[Path]:
    """The folders of a subjects folder that are scans of people.

    Where the longitudinal stream ran, its results are taken, not the cross-sectional ones of the same scan nor the
    templates.

    Raises:
        BenchError: there is none.
    """
    folders = sorted(path for path in root.iterdir() if (path / "mri").is_dir() and not path.name.startswith(TEMPLATES))
    if not folders:
        raise BenchError(f"{root} holds no FreeSurfer subject; expected ID/mri/{ASEG}")
    replaced: set[str] = set()
    for folder in folders:
        point, long, base = folder.name.partition(".long.")
        replaced |= {point, base} if long else set()
    return [folder for folder in folders if folder.name not in replaced]
