"""Trainers for tests."""

from pathlib import Path

from bench.progress import Display
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer


def trainer_in(folder: Path, checkpoint_seconds: float = 1e9) -> FabricTrainer:
    """A silent CPU trainer that keeps its checkpoints in `folder`."""
    return FabricTrainer(
        make_fabric("cpu", "32-true"), folder, (0, "train", "test"), Display(quiet=True), checkpoint_seconds
    )
