"""The table of FreeSurfer's labels against cases picked by hand."""

import pytest

from bench.data.layouts.aseg import ASEG, BACKGROUND, CSF, GM, TISSUE_OF, WM

RECON_ALL = {
    *(0, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28, 30, 31),
    *(41, 42, 43, 44, 46, 47, 49, 50, 51, 52, 53, 54, 58, 60, 62, 63, 72, 77, 78, 79, 80, 81, 82, 85),
    *range(251, 256),
}
"""What recon-all writes into aseg.mgz."""


def test_every_label_that_recon_all_writes_has_a_tissue() -> None:
    assert set(TISSUE_OF) >= RECON_ALL


def test_no_label_is_listed_twice() -> None:
    assert len(TISSUE_OF) == len(ASEG)
    assert len({structure.name for structure in ASEG}) == len(ASEG)


@pytest.mark.parametrize(
    ("label", "tissue"),
    [
        (0, BACKGROUND),
        (2, WM),
        (3, GM),
        (4, CSF),
        (8, GM),  # cortex of the cerebellum
        (14, CSF),
        (16, WM),  # brain stem
        (17, GM),  # hippocampus
        (24, CSF),
        (31, CSF),  # choroid plexus, within the ventricle
        (41, WM),
        (42, GM),
        (46, WM),
        (49, GM),
        (60, GM),
        (63, CSF),
        (77, WM),  # lesions look dark but are white matter
        (80, GM),
        (85, WM),  # optic chiasm
        (251, WM),
        (255, WM),
    ],
)
def test_tissue_of(label: int, tissue: int) -> None:
    assert TISSUE_OF[label] == tissue


def test_left_and_right_are_the_same_tissue() -> None:
    by_name = {structure.name: structure.tissue for structure in ASEG}
    pairs = [name for name in by_name if name.startswith("Left-")]
    assert len(pairs) > 20
    assert [name for name in pairs if by_name[name] != by_name[name.replace("Left-", "Right-")]] == []


def test_labels_of_the_cortical_parcellation_are_not_of_aseg() -> None:
    assert 1001 not in TISSUE_OF
