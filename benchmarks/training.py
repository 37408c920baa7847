"""A step of the shared training loop, patches included, against forward, backward and Adam alone on fixed tensors."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from bench.data.patches import Patches, PatchSampler
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.models.unetpp import UNetPlusPlus
from bench.progress import Display
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer
from bench.types.training import Phase, Schedule
from benchmarks.cohorts import CLASSES, made_up
from benchmarks.timing import Row, side_by_side

BATCH, PATCH, WIDTHS, STEPS, PAIRS = 4, 32, (8, 16, 32, 64), 8, 5


class Segmentation(nn.Module):
    """What no-proxy trains."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = UNetPlusPlus(1, CLASSES, WIDTHS)

    def forward(self, patches: Patches, rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """The loss of a batch."""
        target = one_hot(patches.labels[:, 0], CLASSES)
        return {"segmentation": segmentation_loss(self.network(patches.images[:, 0]), target)}


def measure() -> Iterator[Row]:
    """Whole short trainings, so that a checkpoint, the history and the progress are in it."""
    sampler = PatchSampler.of(made_up(8), patch=PATCH, batch=BATCH, device=torch.device("cpu"))
    fixed = sampler.draw(torch.Generator().manual_seed(0))
    bare = Segmentation().train()
    adam = torch.optim.Adam(bare.parameters(), lr=1e-3)

    def theirs() -> None:
        for _ in range(STEPS):
            loss = bare(fixed)["segmentation"]
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            trainer = FabricTrainer(make_fabric("cpu", "32-true"), Path(folder), (0,), Display(quiet=True))
            objective = Segmentation()
            schedule = Schedule(iterations=STEPS, learning_rate=1e-3)
            trainer.fit("segmenter", [Phase("segmenter", objective, objective)], sampler, schedule)

    ours()
    theirs()
    ours_times, bare_times = side_by_side(ours, theirs, PAIRS)
    yield Row(
        f"{STEPS} training steps, batch {BATCH}, {PATCH}^3",
        ours_times,
        "bare forward, backward, Adam",
        bare_times,
        "U-Net++ " + "-".join(map(str, WIDTHS)) + "; a ratio of 0.95 is 5 % more than the bare steps",
    )
