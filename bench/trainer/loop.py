"""One training loop on Lightning Fabric.

Step t draws its batch and its noise from a generator seeded by (run, t), never from how much was drawn before. A run
that was killed at any moment therefore continues from its checkpoint into exactly the state it would have reached.
"""

import math
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bench import seeds
from bench.errors import DivergedError, InterruptedTraining
from bench.progress import Display
from bench.trainer.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from bench.trainer.interrupts import deferred_stop
from bench.types.training import History, Phase, Sampler, Schedule, Steps, total

_HISTORY_ENTRIES = 100


@dataclass(frozen=True, eq=False)
class FabricTrainer:
    """Trains phases to the end of their schedule, or finds them trained.

    Attributes:
        folder: where checkpoints live; content-addressed by the caller, so what lies there is what would be trained.
        axes: the seed axes of this run.
        checkpoint_seconds: time between checkpoints; longer where writing one takes long (at most 5 % of the time).
    """

    fabric: Fabric
    folder: Path
    axes: tuple[str | int, ...]
    display: Display
    checkpoint_seconds: float = 10.0

    @property
    def device(self) -> torch.device:
        """Where networks and batches live."""
        return self.fabric.device

    def track(self, label: str, total: int) -> AbstractContextManager[Steps]:
        """Show the progress of something that is no training."""
        return self.display.track(label, total)

    def fit(self, name: str, phases: Sequence[Phase], sampler: Sampler, schedule: Schedule) -> History:
        """Train in place; see `bench.types.training.Trainer`.

        Raises:
            DivergedError: a loss became NaN or infinite; nothing of that state is kept.
            InterruptedTraining: Ctrl-C or SIGTERM; the state is saved.
        """
        path = self.folder / f"{name}.pt"
        run = _Run(self, phases, schedule)
        state = load_checkpoint(path, self.device)
        if state is not None:
            run.restore(state)
        if run.step < schedule.iterations:
            if run.step:
                self.display.say(f"continuing {name} from step {run.step} of {schedule.iterations}")
            self._loop(name, run, sampler, path)
        for phase in phases:
            phase.objective.to(self.device)
        run.keep_averages()
        for phase in phases:
            phase.objective.eval().requires_grad_(False)
        return run.history

    def _loop(self, name: str, run: "_Run", sampler: Sampler, path: Path) -> None:
        iterations = run.schedule.iterations
        every = max(1, math.ceil(iterations / _HISTORY_ENTRIES))
        run.prepare()
        saved, wait = time.monotonic(), self.checkpoint_seconds
        with deferred_stop() as stop, self.display.track(f"training {name}", iterations, run.step) as task:
            while run.step < iterations:
                rng = torch.Generator(self.device)
                rng.manual_seed(seeds.seed(*self.axes, "step", run.step, self.fabric.global_rank))
                started, note = time.monotonic(), None
                run.advance(sampler, rng)
                if run.step % every == 0 or run.step == iterations:
                    note = run.write_history(name)
                run.history.seconds += time.monotonic() - started  # the history waits for a GPU, the steps do not
                task.advance(note=note)
                now = time.monotonic()
                late = now - saved > wait
                if (late or stop.made or run.step == iterations) and self.fabric.is_global_zero:
                    run.require_finite(name)
                    save_checkpoint(run.state(), path)
                    saved = time.monotonic()
                    wait = max(self.checkpoint_seconds, 20 * (saved - now))
                if stop.made and run.step < iterations:
                    raise InterruptedTraining(name, run.step, iterations)


class _Run:
    """The moving parts of one training run."""

    def __init__(self, trainer: FabricTrainer, phases: Sequence[Phase], schedule: Schedule) -> None:
        self.fabric, self.phases, self.schedule = trainer.fabric, phases, schedule
        self.step = 0
        self.pending: dict[str, Tensor] = {}
        self.history = History()
        for phase in phases:
            phase.objective.to(trainer.device)
        # One kernel for all parameters on a GPU; on a CPU torch's own choice.
        fused = True if trainer.device.type == "cuda" else None
        self.optimizers = {
            phase.name: torch.optim.Adam(phase.trained.parameters(), lr=schedule.learning_rate, fused=fused)
            for phase in phases
        }
        self.averages = {phase.name: _average_of(phase.objective, schedule.ema_decay) for phase in phases}

    def prepare(self) -> None:
        """Hand networks and optimisers to Fabric, once training is certain."""
        self.wrapped = {
            phase.name: self.fabric.setup(phase.objective.train(), self.optimizers[phase.name]) for phase in self.phases
        }

    def advance(self, sampler: Sampler, rng: torch.Generator) -> None:
        """One step: every phase in turn on one batch; asks a GPU for nothing, so that it never waits."""
        batch = sampler.draw(rng)
        for phase in self.phases:
            objective, optimizer = self.wrapped[phase.name]
            terms = objective(batch, rng)
            optimizer.zero_grad(set_to_none=True)
            self.fabric.backward(total(terms))
            for group in optimizer.param_groups:
                group["lr"] = self.schedule.rate(self.step)
            optimizer.step()
            average = self.averages[phase.name]
            if average is not None:
                average.update_parameters(phase.objective)
            for term, value in terms.items():
                label = term if len(self.phases) == 1 else f"{phase.name}.{term}"
                self.pending[label] = self.pending.get(label, torch.zeros((), device=value.device)) + value.detach()
        self.pending[""] = self.pending.get("", torch.zeros(())) + 1
        self.step += 1

    def write_history(self, name: str) -> str:
        """Close one history entry; the text to show beside the bar."""
        self.require_finite(name)
        count = float(self.pending.pop(""))
        means = {term: float(value) / count for term, value in self.pending.items()}
        self.pending = {}
        self.history.add(self.step, means)
        return " ".join(f"{term} {value:.3f}" for term, value in means.items())

    def require_finite(self, name: str) -> None:
        """Stop on a broken loss before it reaches a checkpoint."""
        for term, value in self.pending.items():
            if not math.isfinite(float(value)):
                raise DivergedError(
                    f"training {name} diverged: {term} is {float(value)} near step {self.step} of "
                    f"{self.schedule.iterations}; lower learning_rate (now {self.schedule.learning_rate:g})"
                )

    def state(self) -> Checkpoint:
        """The present state."""
        return Checkpoint(
            step=self.step,
            seconds=self.history.seconds,
            modules={phase.name: phase.objective.state_dict() for phase in self.phases},
            optimizers={name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            averages={name: average.state_dict() for name, average in self.averages.items() if average is not None},
            pending=dict(self.pending),
            history={"steps": list(self.history.steps), "terms": dict(self.history.terms)},
        )

    def restore(self, state: Checkpoint) -> None:
        """Continue from a state on disk."""
        self.step, self.history.seconds = state.step, state.seconds
        self.pending = dict(state.pending)
        self.history.steps.extend(state.history["steps"])
        self.history.terms.update(state.history["terms"])
        for phase in self.phases:
            phase.objective.load_state_dict(state.modules[phase.name])
            self.optimizers[phase.name].load_state_dict(state.optimizers[phase.name])
        for name, average in self.averages.items():
            if average is not None:
                average.load_state_dict(state.averages[name])

    def keep_averages(self) -> None:
        """Replace the weights by their moving average, where one was kept."""
        for phase in self.phases:
            average = self.averages[phase.name]
            if average is not None:
                phase.objective.load_state_dict(average.module.state_dict())


def _average_of(module: nn.Module, decay: float | None) -> AveragedModel | None:
    if decay is None:
        return None
    return AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(decay), use_buffers=True)  # type: ignore[no-untyped-call]
