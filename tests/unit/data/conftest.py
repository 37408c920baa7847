"""A BIDS tree to load or to damage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bids_trees import ball, write


@pytest.fixture
def tree(tmp_path: Path) -> Callable[..., Path]:
    """Makes a tree of `people`, each with `sessions` (0: no session folders)."""

    def make(people: int = 8, sessions: int = 0) -> Path:
        root = tmp_path / "data"
        for person in range(people):
            subject = f"sub-{person:02d}"
            for session in range(max(sessions, 1)):
                image, labels = ball(person)
                folder, stem = root / subject / "anat", subject
                if sessions:
                    folder, stem = root / subject / f"ses-{session + 1}" / "anat", f"{subject}_ses-{session + 1}"
                write(folder / f"{stem}_T1w.nii.gz", image + session)
                write(folder / f"{stem}_dseg.nii.gz", labels)
        return root

    return make
