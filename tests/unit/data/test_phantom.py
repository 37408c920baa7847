import dataclasses

import numpy as np
import pytest
import torch

from bench.data.phantom import CAVEAT, Phantom
from bench.dataset import Grid
from bench.errors import BenchError
from bench.types.scan import Cohort, Revisits

GRID = Grid((28, 36, 28), 6.0)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return Phantom(subjects=20).load(None, GRID)


def test_cohort_says_what_is_made_up(cohort: Cohort) -> None:
    assert cohort.synthetic
    assert cohort.revisits is Revisits.SIMULATED
    assert CAVEAT in cohort.notes
    assert [scan.simulated for scan in cohort.scans[:4]] == [False, True, False, True]
    assert cohort.classes == ("background", "GM", "WM", "CSF")


@pytest.mark.parametrize(
    ("place", "mean", "deviation", "gray"),
    [(0, 0.125222, 0.243585, 0.12766), (1, 0.148757, 0.285021, 0.12794), (39, 0.142747, 0.262819, 0.13535)],
)
def test_other_voxels_need_another_version(
    cohort: Cohort, place: int, mean: float, deviation: float, gray: float
) -> None:
    """Records compare what has one version: whoever changes these raises `Phantom.voxel_version` (rounding may)."""
    scan = cohort.scans[place]
    found = scan.image.mean().item(), scan.image.std().item(), (scan.labels == 1).float().mean().item()
    assert (Phantom.voxel_version, *found) == (
        1,
        *(pytest.approx(value, abs=2e-4) for value in (mean, deviation, gray)),
    )


def test_scans_lie_on_the_grid_in_range_and_black_outside(cohort: Cohort) -> None:
    assert len(cohort) == 40
    assert len({scan.name for scan in cohort}) == 40
    for scan in cohort:
        assert scan.labels.shape == GRID.shape
        assert scan.image.dtype == torch.float32
        assert scan.image.min() >= 0
        assert scan.image.max() <= 1
        assert not scan.image[0][scan.labels == 0].any()
        assert scan.labels.unique().tolist() == [0, 1, 2, 3]


def test_person_is_the_same_however_many_there_are(cohort: Cohort) -> None:
    fewer = Phantom(subjects=4, visits=3).load(None, GRID)
    for scan in fewer:
        if scan.session != "visit-3":
            twin = next(other for other in cohort if other.name == scan.name)
            assert torch.equal(scan.image, twin.image)
            assert torch.equal(scan.labels, twin.labels)


def test_another_seed_makes_other_people(cohort: Cohort) -> None:
    other = Phantom(subjects=4, seed=1).load(None, GRID)
    assert not torch.equal(other.scans[0].labels, cohort.scans[0].labels)


def test_raw_scans_of_a_person_are_recognised_by_atlas_removed_correlation(cohort: Cohort) -> None:
    assert rank_one(cohort) >= 0.9


def test_more_difference_between_visits_makes_people_harder_to_recognise() -> None:
    hard = Phantom(subjects=12, visit_mm=4.0, rotation_deg=12.0, shift_mm=10.0, noise=0.2).load(None, GRID)
    assert rank_one(hard) < 0.9


def rank_one(cohort: Cohort) -> float:
    flat = np.stack([scan.image.numpy().ravel() for scan in cohort])
    flat -= flat.mean(0)
    correlation = np.corrcoef(flat)
    np.fill_diagonal(correlation, -1)
    subjects = np.array([scan.subject for scan in cohort])
    return float(np.mean(subjects[correlation.argmax(1)] == subjects))


def test_tissues_are_as_bright_as_in_a_t1_weighted_image(cohort: Cohort) -> None:
    for scan in cohort:
        gray, white, fluid = (float(scan.image[0][scan.labels == label].mean()) for label in (1, 2, 3))
        assert fluid < gray < white


def test_tissue_volumes_are_those_of_adults_at_3_mm() -> None:
    cohort = Phantom(subjects=4, visits=1).load(None, Grid((56, 68, 56), 3.0))
    litres = [np.mean([(scan.labels == label).sum() for scan in cohort]) * 27e-6 for label in (1, 2, 3)]
    for volume, (low, high) in zip(litres, ((0.6, 0.9), (0.42, 0.7), (0.08, 0.25)), strict=True):
        assert low < volume < high


def test_the_brain_is_asymmetric_and_lies_in_the_middle(cohort: Cohort) -> None:
    labels = cohort.scans[0].labels.numpy()
    assert np.mean(labels != labels[::-1]) > 0.05
    centre = np.argwhere(labels > 0).mean(0) - (np.asarray(GRID.shape) - 1) / 2
    assert np.abs(centre).max() * GRID.spacing_mm < 15


def test_axes_run_right_anterior_superior(cohort: Cohort) -> None:
    mean = torch.stack([scan.labels > 0 for scan in cohort]).float().mean(0).numpy()
    low = mean[:, :, :9]
    # Cerebellum and brain stem lie low and behind; the low front is empty air below the frontal lobe.
    assert low[:, :18].sum() > 1.3 * low[:, 18:].sum()


def test_one_visit_means_no_revisits() -> None:
    assert Phantom(subjects=4, visits=1).load(None, GRID).revisits is Revisits.NONE


def test_a_brain_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BenchError, match=r"phantom template: \d\d\.\d% of the brain lies outside of the grid of 96 x"):
        Phantom(subjects=4).load(None, Grid((16, 16, 16), 6.0))


def test_a_warp_that_folds_space_is_refused() -> None:
    with pytest.raises(BenchError, match=r"anatomy_mm=20 with visit_mm=0\.4 folds space"):
        Phantom(subjects=4, anatomy_mm=20.0).load(None, Grid((56, 68, 56), 3.0))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"subjects": 3}, "subjects must be >= 4, got 3"),
        ({"visits": 0}, "visits must be >= 1, got 0"),
        ({"anatomy_mm": -1.0}, r"anatomy_mm must be in \[0, 20\], got -1"),
        ({"noise": 2.0}, r"noise must be in \[0, 1\], got 2"),
        ({"rotation_deg": 90.0}, r"rotation_deg must be in \[0, 45\], got 90"),
    ],
)
def test_settings_out_of_range_are_refused(setting: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Phantom(**setting)


def test_fingerprint_does_not_depend_on_settings() -> None:
    assert Phantom().fingerprint(None) == dataclasses.replace(Phantom(), seed=9).fingerprint(None)
