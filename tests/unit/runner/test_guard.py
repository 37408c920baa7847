"""Every way past the view that one process can close is closed, and names what the card would need."""

import asyncio
import collections
import copy
import ctypes
import gc
import inspect
import io
import logging
import multiprocessing
import os
import pickle
import platform
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import shared_memory
from pathlib import Path
from typing import Any

import joblib
import pytest
import torch
from torch import nn

from bench.defense import Networks
from bench.errors import GrantError
from bench.progress import Display
from bench.records.schema import Status
from bench.runner.attack.attacking import attack_transcript
from bench.runner.attack.authors import Authors
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.guard import Watch, watching
from bench.runner.attack.places import Hashed
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import record_traffic
from bench.types.claim import Linkage
from bench.types.scan import Roles
from bench.types.training import History, Phase, Schedule
from bench.view import AttackerView
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Doing, Shells
from tests.unit.runner.verdicts import CPU, GUESS, verdict_on


def _through(view: AttackerView, deed: Callable[[], Any]) -> Linkage:
    deed()
    return GUESS


def _traceback_frame() -> Any:
    try:
        raise ValueError
    except ValueError as error:
        trace: Any = error.__traceback__
        return trace.tb_frame


def _generator_frame() -> Any:
    items = (item for item in [1])
    return items.gi_frame


def _beside(deed: Callable[[], Any]) -> Any:
    """In a thread of its own: a browser of tests before this one keeps an event loop running in the main thread."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(deed).result()


TRICKS: dict[str, tuple[Callable[[AttackerView], Any], str]] = {
    "attribute": (lambda view: view.keys, "view.keys.*Add Knows.KEYS"),
    "default": (lambda view: getattr(view, "server", None), "view.server.*Add Knows.SERVER_WEIGHTS"),
    "hasattr": (lambda view: hasattr(view, "replies"), "view.replies.*Add Observes.REPLY"),
    "vars": (lambda view: vars(view), "__dict__.*Missing on the card: .*Knows.KEYS"),
    "dict": (lambda view: view.__dict__, "__dict__.*Knows.KEYS"),
    "mangled": (lambda view: object.__getattribute__(view, "_AttackerView__ask")("keys"), "view.keys.*Add Knows.KEYS"),
    "mangled old name": (lambda view: view._AttackerView__granted["keys"], "_AttackerView__granted.*Knows.KEYS"),
    "copy": (lambda view: copy.copy(view), "__reduce__.*Knows.KEYS"),
    "deepcopy": (lambda view: copy.deepcopy(view), "__deepcopy__.*Knows.KEYS"),
    "pickle": (lambda view: pickle.dumps(view), "__reduce__.*Knows.KEYS"),
    "frame": (lambda view: sys._getframe(1), r"sys._getframe.*Missing on the card: .*Knows.KEYS"),
    "frame by inspect": (lambda view: inspect.currentframe(), r"sys._getframe.*Knows.KEYS"),
    "stack": (lambda view: inspect.stack(), r"sys._getframe"),
    "stack as text": (lambda view: traceback.format_stack(), r"sys._getframe"),
    "locals as text": (
        lambda view: traceback.StackSummary.extract(traceback.walk_stack(None), capture_locals=True),
        r"sys._getframe",
    ),
    "frame by logging": (lambda view: logging.currentframe(), r"sys._getframe"),
    "compiled text": (lambda view: eval("__import__('sys')._getframe(1)"), r"sys._getframe"),
    "frame of a traceback": (lambda view: _traceback_frame(), "tb_frame"),
    "frame of a generator": (lambda view: _generator_frame(), "gi_frame"),
    "frames of threads": (lambda view: sys._current_frames(), "_current_frames"),
    "trace": (lambda view: sys.settrace(lambda *args: None), "settrace"),
    "profile": (lambda view: sys.setprofile(lambda *args: None), "setprofile"),
    "hook": (lambda view: sys.addaudithook(lambda *args: None), "addaudithook"),
    "heap": (lambda view: gc.get_objects(), "gc.get_objects"),
    "referrers": (lambda view: gc.get_referrers(view), "gc.get_referrers"),
    "referents": (lambda view: gc.get_referents(view), "gc.get_referents"),
    "raw memory": (lambda view: ctypes.string_at(id(view), 8), "ctypes"),
    "object by address": (lambda view: (ctypes.c_char * 8).from_address(id(view)), "ctypes"),
    "program": (lambda view: subprocess.run(["true"], check=True), "subprocess.Popen"),
    "shell": (lambda view: os.system("true"), "os.system"),
    "spawned process": (
        lambda view: multiprocessing.get_context("spawn").Process(target=print).start(),
        "started a process that nobody watches",
    ),
    "program by asyncio": (
        lambda view: _beside(lambda: asyncio.run(asyncio.create_subprocess_exec("true"))),
        "subprocess.Popen",
    ),
    "fork server": (
        lambda view: multiprocessing.get_context("forkserver").Process(target=print).start(),
        "started a process that nobody watches",
    ),
    "workers of a library": (
        lambda view: joblib.Parallel(n_jobs=2)(joblib.delayed(abs)(one) for one in (1, 2)),
        "started a process that nobody watches",
    ),
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_fails_the_cell_and_names_the_missing_grant(name: str, roles: Roles, tmp_path: Path) -> None:
    deed, reason = TRICKS[name]
    verdict = verdict_on(lambda view: _through(view, lambda: deed(view)), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.claim is None
    assert verdict.reason is not None
    assert re.search(reason, verdict.reason)
    assert verdict.reason.startswith("GrantError: attack 'doing'")


@pytest.mark.parametrize("name", ["attribute", "frame", "heap", "vars", "pickle"])
def test_catching_the_error_does_not_undo_it(name: str, roles: Roles, tmp_path: Path) -> None:
    deed, _ = TRICKS[name]

    def quietly(view: AttackerView) -> Linkage:
        try:
            deed(view)
        except BaseException:  # noqa: BLE001 - what a sly attack would do
            return GUESS
        raise AssertionError

    verdict = verdict_on(quietly, roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert verdict.reason.startswith("GrantError: attack 'doing'")


def test_what_libraries_do_for_themselves_goes_through(roles: Roles, tmp_path: Path) -> None:
    said = io.StringIO()

    def busily(view: AttackerView) -> Linkage:
        logger = logging.getLogger("attack")
        logger.addHandler(logging.StreamHandler(said))
        try:
            raise ValueError("a mishap")
        except ValueError:
            logger.exception("caught")
            traceback.format_exc()
        collections.namedtuple("Point", "x y")  # asks for its caller's frame
        inspect.signature(nn.Linear)
        (tmp_path / "own").mkdir(exist_ok=True)
        (tmp_path / "own" / "notes.txt").write_text("mine")
        copy.deepcopy(nn.Linear(2, 2))
        pickle.dumps(torch.zeros(2))
        platform.processor()  # asks a program of its own
        shared = shared_memory.SharedMemory(create=True, size=8)  # and so does this
        shared.close()
        shared.unlink()
        nn.Linear(2, 1)(torch.ones(1, 2)).sum().backward()
        return GUESS

    verdict = verdict_on(busily, roles, tmp_path)
    assert verdict.reason is None
    assert verdict.status is Status.OK
    assert "a mishap" in said.getvalue()


def test_the_trainer_keeps_its_checkpoints_within_a_guarded_folder(roles: Roles, tmp_path: Path) -> None:
    class Objective(nn.Linear):
        def forward(self, batch: Any, rng: Any = None) -> Any:
            return {"loss": super().forward(batch).mean()}

    class Ones:
        def draw(self, generator: torch.Generator) -> torch.Tensor:
            return torch.ones(1, 1)

    trainer = trainer_in(tmp_path / "cache" / "networks" / "address" / "queries-3")

    def training(view: AttackerView) -> Linkage:
        objective = Objective(1, 1)
        schedule = Schedule(iterations=2, learning_rate=0.1)
        trainer.fit("net", [Phase("net", objective, objective)], Ones(), schedule)
        return GUESS

    client = Client(Shells(), nn.Identity(), roles.references.scans, CPU)
    traffic = record_traffic(client, None, roles.test, 0, tmp_path, Display(quiet=True))
    networks = Networks(nn.Identity(), nn.Identity(), History())
    held = Confinement(places={tmp_path: "the suite's cache"})
    verdict = attack_transcript(Doing(deed=training), client, traffic, networks, roles, trainer, (0, "a", "b"), held)
    assert verdict.reason is None
    assert (trainer.folder / "net.pt").exists()


class _Spy(Mapping[str, Any]):
    def __getitem__(self, name: str) -> str:
        return sys._getframe(1).f_code.co_name

    def __iter__(self) -> Iterator[str]:
        return iter(["caller"])

    def __len__(self) -> int:
        return 1


class _SpyTensor(torch.Tensor):
    called: list[str] = []  # noqa: RUF012 - a test's notebook

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        cls.called.append(inspect.currentframe().__class__.__name__)
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize(
    "claim",
    [
        lambda: Linkage(GUESS.scores.clone(), _Spy()),
        lambda: Linkage(GUESS.scores.clone().as_subclass(_SpyTensor)),
    ],
)
def test_a_claim_that_spies_on_the_scorer_is_caught_before_it_gets_there(
    claim: Callable[[], Linkage], roles: Roles, tmp_path: Path
) -> None:
    verdict = verdict_on(lambda view: claim(), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "sys._getframe" in verdict.reason


def test_the_guard_ends_with_the_attack(roles: Roles, tmp_path: Path) -> None:
    verdict_on(lambda view: sys._getframe(), roles, tmp_path)
    assert sys._getframe().f_code.co_name == "test_the_guard_ends_with_the_attack"
    assert gc.get_objects()


def test_a_watch_cannot_be_taken_off_by_who_does_not_hold_it(roles: Roles, tmp_path: Path) -> None:
    def swapping(view: AttackerView) -> Linkage:
        other = Watch("x", frozenset(), Authors(Doing), Hashed({}, {}), (tmp_path / "own",), in_process=True)
        with watching(other):
            pass
        sys._getframe(1)
        return GUESS

    verdict = verdict_on(swapping, roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "sys._getframe" in verdict.reason


def test_leaving_by_exit_is_a_failed_cell(roles: Roles, tmp_path: Path) -> None:
    verdict = verdict_on(lambda view: sys.exit(0), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "SystemExit: 0" in verdict.reason


def test_a_denial_is_no_attribute_error() -> None:
    assert not issubclass(GrantError, AttributeError)
