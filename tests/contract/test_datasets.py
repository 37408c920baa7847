"""What every registered dataset must do, whoever wrote it."""

import dataclasses

import pytest
import torch

from bench import config
from bench.dataset import Dataset, Grid
from bench.errors import BenchError
from bench.registry import Registry
from bench.types.scan import Cohort

NAMES = [entry.name for entry in Registry().of("datasets")]
GRID = Grid((28, 36, 28), 6.0)


def _dataset(name: str) -> Dataset:
    cls = Registry().find("datasets", name).load()
    fields = {field.name for field in dataclasses.fields(cls)}
    found = config.build(cls, {"subjects": 8} if "subjects" in fields else {})
    assert isinstance(found, Dataset)
    return found


FREE = [name for name in NAMES if not _dataset(name).needs_root]


@pytest.fixture(scope="module", params=FREE)
def cohort(request: pytest.FixtureRequest) -> Cohort:
    return _dataset(request.param).load(None, GRID)


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_frozen_and_described(name: str) -> None:
    cls = Registry().find("datasets", name).load()
    assert cls.__dataclass_params__.frozen
    described = "\n".join(filter(None, (base.__doc__ for base in cls.__mro__)))
    assert [f.name for f in dataclasses.fields(cls) if f.name not in described] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in FREE])
def test_a_dataset_with_files_asks_for_them(name: str) -> None:
    with pytest.raises(BenchError, match="root"):
        _dataset(name).fingerprint(None)


def test_scans_lie_on_the_grid_with_intensities_in_the_unit_interval(cohort: Cohort) -> None:
    assert cohort.shape == GRID.shape
    assert cohort.spacing_mm == GRID.spacing_mm
    for scan in cohort:
        assert scan.image.dtype == torch.float32
        assert 0 <= float(scan.image.min()) <= float(scan.image.max()) <= 1
        assert float(scan.image.std()) > 0
        assert int(scan.labels.max()) < len(cohort.classes)


def test_scan_names_are_unique_and_people_keep_their_family(cohort: Cohort) -> None:
    assert len({scan.name for scan in cohort}) == len(cohort)
    families = {scan.subject: {other.family for other in cohort if other.subject == scan.subject} for scan in cohort}
    assert all(len(family) == 1 for family in families.values())


@pytest.mark.parametrize("name", FREE)
def test_the_same_dataset_twice_is_the_same_to_the_bit(name: str, cohort: Cohort) -> None:
    again = _dataset(cohort.name).load(None, GRID)
    for one, other in zip(cohort, again, strict=True):
        assert one.name == other.name
        assert torch.equal(one.image, other.image)
        assert torch.equal(one.labels, other.labels)
