"""The training loop: learns, resumes exactly, stops on NaN, keeps nothing broken."""

import math
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bench.data.patches import Patches, PatchSampler
from bench.errors import BenchError, DivergedError, InterruptedTraining
from bench.models.segmentation_loss import one_hot, segmentation_loss
from bench.models.unetpp import UNetPlusPlus
from bench.progress import Display
from bench.trainer import loop
from bench.trainer.checkpoint import load_checkpoint
from bench.trainer.devices import make_fabric
from bench.trainer.loop import FabricTrainer
from bench.types.training import History, Phase, Schedule
from tests.conftest import toy_cohort
from tests.trainers import trainer_in


class _Line(nn.Module):
    """Least squares on y = 3 x + noise, with a random draw inside the objective."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(1, 1)

    def forward(self, batch: Tensor, rng: torch.Generator) -> dict[str, Tensor]:
        noise = 0.1 * torch.randn(batch.shape, generator=rng)
        return {"error": ((self.layer(batch) - 3 * batch + noise) ** 2).mean()}


class _Uniform:
    def draw(self, generator: torch.Generator) -> Tensor:
        return torch.rand(16, 1, generator=generator)


class _StopsAt(_Uniform):
    """Presses Ctrl-C while batch number `step` is drawn."""

    def __init__(self, step: int) -> None:
        self.left = step

    def draw(self, generator: torch.Generator) -> Tensor:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return super().draw(generator)


def _train(folder: Path, sampler: _Uniform, iterations: int = 300, **schedule: Any) -> tuple[nn.Module, History]:
    model = _Line()
    plan = Schedule(iterations=iterations, learning_rate=0.05, **schedule)
    history = trainer_in(folder).fit("line", [Phase("line", model, model)], sampler, plan)
    return model, history


def test_training_reaches_the_least_squares_solution(tmp_path: Path) -> None:
    model, history = _train(tmp_path, _Uniform())
    assert float(model.layer.weight) == pytest.approx(3, abs=0.1)
    assert history.terms["error"][-1] < history.terms["error"][0] / 10


@pytest.mark.parametrize("stop", [1, 97, 299])
@pytest.mark.parametrize("plan", [{}, {"ema_decay": 0.99}, {"decay": "cosine"}], ids=["plain", "ema", "cosine"])
def test_interrupted_training_resumes_into_the_very_same_state(tmp_path: Path, stop: int, plan: dict[str, Any]) -> None:
    straight, expected = _train(tmp_path / "straight", _Uniform(), **plan)
    with pytest.raises(InterruptedTraining, match=f"stopped at step {stop} of 300"):
        _train(tmp_path / "stopped", _StopsAt(stop), **plan)
    resumed, history = _train(tmp_path / "stopped", _Uniform(), **plan)
    assert torch.equal(straight.layer.weight, resumed.layer.weight)
    assert (history.steps, history.terms) == (expected.steps, expected.terms)


def test_finished_training_is_found_and_not_repeated(tmp_path: Path) -> None:
    first, history = _train(tmp_path, _Uniform())

    class _Forbidden(_Uniform):
        def draw(self, generator: torch.Generator) -> Tensor:
            raise AssertionError("trained again")

    again, found = _train(tmp_path, _Forbidden())
    assert torch.equal(first.layer.weight, again.layer.weight)
    assert found == history


def test_interrupt_handlers_are_restored(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    _train(tmp_path, _Uniform(), iterations=3)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_nan_loss_stops_with_one_clear_line_and_leaves_no_checkpoint(tmp_path: Path) -> None:
    class _Broken(_Uniform):
        def draw(self, generator: torch.Generator) -> Tensor:
            return super().draw(generator) * float("nan")

    with pytest.raises(DivergedError, match=r"error is nan near step \d+ of 300; lower learning_rate"):
        _train(tmp_path, _Broken())
    assert list(tmp_path.iterdir()) == []


def test_moving_average_differs_from_the_last_weights_and_is_kept(tmp_path: Path) -> None:
    plain, _ = _train(tmp_path / "plain", _Uniform(), iterations=20)
    averaged, _ = _train(tmp_path / "averaged", _Uniform(), iterations=20, ema_decay=0.9)
    assert not torch.equal(plain.layer.weight, averaged.layer.weight)


def test_moving_average_is_the_textbook_recursion(tmp_path: Path) -> None:
    decay, iterations = 0.5, 4
    weights = [_train(tmp_path / str(n), _Uniform(), iterations=n)[0].layer.weight for n in range(1, iterations + 1)]
    expected = weights[0]
    for weight in weights[1:]:
        expected = decay * expected + (1 - decay) * weight
    averaged, _ = _train(tmp_path / "ema", _Uniform(), iterations=iterations, ema_decay=decay)
    torch.testing.assert_close(averaged.layer.weight, expected)


def test_two_phases_take_turns_on_their_own_parameters(tmp_path: Path) -> None:
    class _Tug(nn.Module):
        def __init__(self, shared: nn.ParameterDict, name: str, aim: float) -> None:
            super().__init__()
            self.shared, self.name, self.aim = shared, name, aim

        def forward(self, batch: Tensor, rng: torch.Generator) -> dict[str, Tensor]:
            return {"pull": (self.shared[self.name] - self.aim) ** 2 + 0 * batch.sum()}

    class _Own(nn.Module):
        def __init__(self, parameter: nn.Parameter) -> None:
            super().__init__()
            self.parameter = parameter

    shared = nn.ParameterDict({"a": nn.Parameter(torch.zeros(())), "b": nn.Parameter(torch.zeros(()))})
    phases = [Phase(n, _Tug(shared, n, aim), _Own(shared[n])) for n, aim in (("a", 1.0), ("b", -1.0))]
    plan = Schedule(iterations=200, learning_rate=0.1)
    history = trainer_in(tmp_path).fit("tug", phases, _Uniform(), plan)
    assert float(shared["a"]) == pytest.approx(1, abs=0.05)
    assert float(shared["b"]) == pytest.approx(-1, abs=0.05)
    assert set(history.terms) == {"a.pull", "b.pull"}


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "line.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(BenchError, match=r"cannot read checkpoint .*line\.pt.*delete it"):
        _train(tmp_path, _Uniform())


def test_a_full_device_is_no_fault_of_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object, **named: object) -> None:
        raise torch.OutOfMemoryError("the GPU is full")

    (tmp_path / "line.pt").write_bytes(b"good")
    monkeypatch.setattr(torch, "load", full)
    with pytest.raises(torch.OutOfMemoryError):
        load_checkpoint(tmp_path / "line.pt", torch.device("cpu"))


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path: Path) -> None:
    class _Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {tmp_path}/owned",)

    torch.save({"format": 1, "step": _Evil()}, tmp_path / "line.pt")
    with pytest.raises(BenchError, match="cannot read checkpoint"):
        _train(tmp_path, _Uniform())
    assert not (tmp_path / "owned").exists()


def test_the_rate_is_kept_or_falls_along_half_a_cosine() -> None:
    kept = Schedule(iterations=4, learning_rate=0.2)
    falling = Schedule(iterations=4, learning_rate=0.2, decay="cosine")
    assert [kept.rate(step) for step in range(4)] == [0.2] * 4
    half = math.sqrt(0.5)
    assert [falling.rate(step) for step in range(4)] == pytest.approx([0.2, 0.1 * (1 + half), 0.1, 0.1 * (1 - half)])


def test_every_step_is_taken_at_its_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[float] = []
    step = torch.optim.Adam.step

    def watched(self: torch.optim.Adam, *args: Any, **kwargs: Any) -> Any:
        taken.append(self.param_groups[0]["lr"])
        return step(self, *args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", watched)
    with pytest.raises(InterruptedTraining):
        _train(tmp_path, _StopsAt(3), iterations=8, decay="cosine")
    _train(tmp_path, _Uniform(), iterations=8, decay="cosine")
    falling = Schedule(iterations=8, learning_rate=0.05, decay="cosine")
    assert taken == [falling.rate(step) for step in range(8)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"iterations": 0}, "iterations must be >= 1, got 0"),
        ({"learning_rate": 0.0}, r"learning_rate must be in \(0, 1\), got 0"),
        ({"ema_decay": 1.0}, "ema_decay must be in"),
    ],
)
def test_impossible_schedules_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Schedule(**({"iterations": 10, "learning_rate": 0.1} | change))


class _Segmentation(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.network = UNetPlusPlus(1, 4, (4, 8))

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Tensor]:
        scores = self.network(patches.images[:, 0])
        return {"segmentation": segmentation_loss(scores, one_hot(patches.labels[:, 0], 4))}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
@pytest.mark.parametrize("ema", [None, 0.9])
def test_a_step_never_waits_for_the_gpu(tmp_path: Path, ema: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    advance, watched_steps = loop._Run.advance, []

    def watched(self: loop._Run, sampler: PatchSampler, rng: torch.Generator) -> None:
        if self.step == 0:  # sets up what lasts
            advance(self, sampler, rng)
            return
        torch.cuda.set_sync_debug_mode("error")
        try:
            advance(self, sampler, rng)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        watched_steps.append(self.step)

    monkeypatch.setattr(loop._Run, "advance", watched)
    trainer = FabricTrainer(make_fabric("cuda", "32-true"), tmp_path, (0,), Display(quiet=True))
    sampler = PatchSampler.of(toy_cohort(range(2)), patch=8, batch=2, device=trainer.device)
    objective = _Segmentation()
    schedule = Schedule(iterations=4, learning_rate=1e-3, ema_decay=ema)
    trainer.fit("segmenter", [Phase("segmenter", objective, objective)], sampler, schedule)
    assert watched_steps == [2, 3, 4]


def test_on_a_cpu_adam_is_left_as_torch_has_it(tmp_path: Path) -> None:
    model = _Line()
    run = loop._Run(trainer_in(tmp_path), [Phase("line", model, model)], Schedule(iterations=1, learning_rate=0.1))
    assert run.optimizers["line"].defaults["fused"] is None
