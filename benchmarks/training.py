"""A step of the shared training loop, and what could make a step faster, against a bare step on fixed tensors.

The bare step is forward, backward and Adam as torch has them by default: single precision, no compiler. Each way to be
faster stands alone in its row, so that only what gains is taken; nothing is assumed to.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
from benchmarks.timing import Row, once, side_by_side

PAIRS = 5


@dataclass(frozen=True)
class Size:
    """What is trained, and for how long a time is taken.

    Attributes:
        patch: edge of the cubes in voxels.
        widths: channels per level of the U-Net++.
        steps: in one timing.
    """

    batch: int
    patch: int
    widths: tuple[int, ...]
    steps: int

    def __str__(self) -> str:
        return f"{self.steps} training steps, batch {self.batch}, {self.patch}^3, {'-'.join(map(str, self.widths))}"


@dataclass(frozen=True)
class Way:
    """A way to take a step.

    Attributes:
        fused: Adam in one kernel.
        bf16: autocast to bfloat16.
        channels_last: of weights and images.
        compiled: mode of `torch.compile`, None for none.
    """

    name: str
    fused: bool = False
    bf16: bool = False
    channels_last: bool = False
    compiled: str | None = None


SMALL = Size(4, 32, (8, 16, 32, 64), 8)
ON_CPU = (SMALL,)
ON_CUDA = (Size(4, 32, (8, 16, 32, 64), 100), Size(4, 64, (32, 64, 128, 256), 20))
"""The first is bound by launches, the second by arithmetic."""

BARE = Way("bare forward, backward, Adam")
CPU_WAYS = (Way("channels last", channels_last=True),)
CUDA_WAYS = (
    Way("fused Adam", fused=True),
    Way("bfloat16 autocast", bf16=True),
    Way("channels last", channels_last=True),
    Way("channels last, bfloat16", bf16=True, channels_last=True),
    Way("torch.compile", compiled="default"),
    Way("torch.compile with CUDA graphs", compiled="reduce-overhead"),
    Way("torch.compile, bfloat16, fused Adam", fused=True, bf16=True, compiled="default"),
)


class Segmentation(nn.Module):
    """What no-proxy trains."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.network = UNetPlusPlus(1, CLASSES, widths)

    def forward(self, patches: Patches, rng: torch.Generator | None = None) -> dict[str, Tensor]:
        """The loss of a batch."""
        target = one_hot(patches.labels[:, 0], CLASSES)
        return {"segmentation": segmentation_loss(self.network(patches.images[:, 0]), target)}


def measure() -> Iterator[Row]:
    """On the GPU where there is one, else on the CPU."""
    cuda = torch.cuda.is_available()
    device = torch.device("cuda" if cuda else "cpu")
    for size in ON_CUDA if cuda else ON_CPU:
        yield from _rows(size, device, CUDA_WAYS if cuda else CPU_WAYS)


def _rows(size: Size, device: torch.device, ways: tuple[Way, ...]) -> Iterator[Row]:
    sampler = PatchSampler.of(made_up(8), patch=size.patch, batch=size.batch, device=device)
    fixed = sampler.draw(torch.Generator(device).manual_seed(0))
    bare = steps_of(BARE, size, fixed)
    loop = _loop(size, sampler, device)
    once(loop)
    once(bare)
    ours, theirs = side_by_side(loop, bare, PAIRS)
    note = "checkpoint, history and progress included; 0.95: 5 % more than the bare steps"
    yield Row(f"{size}, on {device.type}: the loop", ours, BARE.name, theirs, note)
    for way in ways:
        steps = steps_of(way, size, fixed)
        first = once(steps).clock
        ours, theirs = side_by_side(steps, bare, PAIRS)
        yield Row(
            f"{size}, on {device.type}: {way.name}", ours, BARE.name, theirs, f"first {size.steps} steps {first:.1f} s"
        )


def _loop(size: Size, sampler: PatchSampler, device: torch.device) -> Callable[[], None]:
    """Whole short trainings, so that a checkpoint, the history and the progress are in it."""

    def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            trainer = FabricTrainer(make_fabric(device.type, "32-true"), Path(folder), (0,), Display(quiet=True))
            objective = Segmentation(size.widths)
            schedule = Schedule(iterations=size.steps, learning_rate=1e-3)
            trainer.fit("segmenter", [Phase("segmenter", objective, objective)], sampler, schedule)

    return run


def steps_of(way: Way, size: Size, batch: Patches) -> Callable[[], None]:
    """So many steps on one batch, waited for."""
    device = batch.images.device
    objective = Segmentation(size.widths).to(device).train()
    images, target = batch.images[:, 0], one_hot(batch.labels[:, 0], CLASSES)
    if way.channels_last:
        objective.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
        images = images.contiguous(memory_format=torch.channels_last_3d)
    network: Callable[[Tensor], Tensor] = objective.network
    if way.compiled is not None:
        network = torch.compile(network, mode=way.compiled)
    adam = torch.optim.Adam(objective.parameters(), lr=1e-3, fused=way.fused or None)

    def run() -> None:
        for _ in range(size.steps):
            with torch.autocast(device.type, torch.bfloat16, enabled=way.bf16):
                scores = network(images)
            loss = segmentation_loss(scores.float(), target)
            adam.zero_grad(set_to_none=True)
            loss.backward()
            adam.step()
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run
