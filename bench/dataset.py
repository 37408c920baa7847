"""The contract of a dataset: from files (or a seed) to a cohort on a common grid."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.plugin import Plugin
from bench.types.scan import Cohort


@dataclass(frozen=True)
class Grid:
    """The common grid of a run.

    Attributes:
        shape: voxels along right, anterior, superior.
        spacing_mm: edge of the cubic voxel.
    """

    shape: tuple[int, int, int]
    spacing_mm: float

    def __post_init__(self) -> None:
        if len(self.shape) != 3 or min(self.shape) < 8:
            raise ValueError(f"shape must be three sides of at least 8 voxels, got {self.shape}")
        if not self.spacing_mm > 0:
            raise ValueError(f"spacing_mm must be > 0, got {self.spacing_mm}")


class Dataset(Plugin, ABC):
    """A source of scans; settings are the dataclass fields of the subclass.

    Attributes:
        synthetic: the anatomy itself is made up.
        needs_root: users must say where the files are (`--root`).
        voxel_version: of the code that turns files into voxels. Raise it when a change moves voxels by more than
            rounding; records with different versions are never compared.
    """

    synthetic: ClassVar[bool]
    needs_root: ClassVar[bool]
    voxel_version: ClassVar[int] = 1

    @abstractmethod
    def fingerprint(self, root: Path | None) -> str:
        """Hash of everything that decides the scans besides settings and grid (file contents); quick, loads no image.

        Raises:
            BenchError: the files are not where they should be.
        """

    @abstractmethod
    def load(self, root: Path | None, grid: Grid) -> Cohort:
        """Every scan, resampled to `grid`, brain-centred, intensities in [0, 1].

        Raises:
            BenchError: a file is missing or bad; one line that names it and the remedy.
        """
