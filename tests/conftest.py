"""What every test shares: a private cache, one thread, a tiny cohort."""

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from bench.types.scan import Cohort, Revisits, Roles, Scan
from bench.types.traits import Sex, Traits

# A busy machine is no reason to fail, and the same code must not fail today and pass tomorrow; to search further, load
# the profile "search" (--hypothesis-profile=search).
settings.register_profile("unveil", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
settings.load_profile("unveil")

IXI = Path(os.environ.get("UNVEIL_IXI", Path(__file__).parents[2] / "shared" / "data" / "ixi"))


@pytest.fixture(scope="session", autouse=True)
def _private_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or fills the user's cache; parallel workers share one so that they train once."""
    base = tmp_path_factory.getbasetemp()
    os.environ["UNVEIL_CACHE"] = str((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache")
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard() -> None:
    """A shell starts what runs in its background with Ctrl-C ignored, and children inherit it; tests send it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def ixi() -> Path:
    """The real scans, or a skip that says why."""
    if not IXI.is_dir():
        pytest.skip(f"the real scans are not here ({IXI}); set UNVEIL_IXI to their folder")
    return IXI


def toy_scan(person: int, visit: int, shape: tuple[int, int, int] = (20, 24, 20)) -> Scan:
    """A ball of three shells whose radii and centre belong to the person; visits differ by noise.

    Men are the larger half, and whoever has more of the middle shell is older.
    """
    rng = np.random.default_rng([7, person])
    centre = [side / 2 + rng.uniform(-1.5, 1.5) for side in shape]
    outer, middle, inner = rng.uniform(7.5, 9.5), rng.uniform(5.0, 6.5), rng.uniform(2.0, 3.5)
    axes = np.meshgrid(*(np.arange(side) for side in shape), indexing="ij")
    distance = np.sqrt(sum((axis - middle_) ** 2 for axis, middle_ in zip(axes, centre, strict=True)))
    labels = (distance < outer).astype(np.uint8) + (distance < middle) + (distance < inner)
    noise = np.random.default_rng([8, person, visit]).normal(0, 0.02, shape)
    image = np.where(labels > 0, np.clip(np.array([0, 0.3, 0.6, 0.9])[labels] + noise, 0, 1), 0)
    return Scan(
        image=torch.from_numpy(image).float()[None],
        labels=torch.from_numpy(labels.astype(np.uint8)),
        subject=f"person{person:02d}",
        family=f"person{person:02d}",
        session=f"visit{visit}",
        traits=Traits(float(round(100 * (middle / outer) ** 3)), Sex.MALE if outer > 8.85 else Sex.FEMALE),
    )


def toy_cohort(people: range, visits: int = 2) -> Cohort:
    """Toy scans of these people."""
    return Cohort(
        name="toy",
        scans=tuple(toy_scan(person, visit) for person in people for visit in range(visits)),
        classes=("background", "outer", "middle", "inner"),
        spacing_mm=6.0,
        synthetic=True,
        revisits=Revisits.SIMULATED,
    )


@pytest.fixture(scope="session")
def roles() -> Roles:
    """Four disjoint groups of toy people."""
    return Roles(
        train=toy_cohort(range(0, 6)),
        references=toy_cohort(range(6, 12)),
        auxiliary=toy_cohort(range(12, 16)),
        test=toy_cohort(range(16, 24)),
    )
