"""Every way past the view that one process can close is closed, and names what the card would need."""

import collections
import copy
import ctypes
import gc
import importlib
import inspect
import io
import logging
import os
import pickle
import re
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from bench.attack import Attack
from bench.defense import Networks
from bench.errors import GrantError
from bench.progress import Display
from bench.records.schema import Status
from bench.runner.attack.attacking import Verdict, attack_transcript
from bench.runner.attack.authors import Authors
from bench.runner.attack.confinement import Confinement
from bench.runner.attack.guard import Watch, watching
from bench.runner.traffic.parties import Client, Server
from bench.runner.traffic.recording import record_traffic
from bench.types.claim import Linkage
from bench.types.scan import Roles
from bench.types.threat import Knows, Observes, Owns, ThreatModel, Tier
from bench.types.training import History, Phase, Schedule
from bench.view import AttackerView
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Doing, Shells

CPU = torch.device("cpu")
SCANS = 16
GUESS = Linkage(torch.arange(SCANS * SCANS, dtype=torch.float32).reshape(SCANS, SCANS))
ORACLE = ThreatModel(
    tier=Tier.ORACLE,
    observes=frozenset({Observes.RELEASE, Observes.REPLY}),
    knows=frozenset(Knows),
    owns=frozenset({Owns.AUXILIARY}),
    queries=2,
)


def _verdict(
    deed: Callable[[AttackerView], Any], roles: Roles, folder: Path, held: Confinement | None = None
) -> Verdict:
    """What became of a deed in an attack that may see the releases."""
    return _verdict_of(Doing(deed=deed), roles, folder, held)


def _verdict_of(attack: Doing, roles: Roles, folder: Path, held: Confinement | None = None) -> Verdict:
    client = Client(Shells(), nn.Identity(), roles.references.scans, CPU)
    server = Server(Shells(), nn.Identity(), CPU)
    traffic = record_traffic(client, server, roles.test, 0, folder / "traffic", Display(quiet=True))
    networks = Networks(nn.Identity(), nn.Linear(1, 1), History())
    held = held or Confinement(places={folder: "the suite's cache"})
    trainer = trainer_in(folder / "own")
    return attack_transcript(attack, client, traffic, networks, roles, trainer, (0, "attack", "doing"), held)


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
}


@pytest.mark.parametrize("name", TRICKS)
def test_a_trick_fails_the_cell_and_names_the_missing_grant(name: str, roles: Roles, tmp_path: Path) -> None:
    deed, reason = TRICKS[name]
    verdict = _verdict(lambda view: _through(view, lambda: deed(view)), roles, tmp_path)
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

    verdict = _verdict(quietly, roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert verdict.reason.startswith("GrantError: attack 'doing'")


READS: dict[str, Callable[[Path], Any]] = {
    "list": lambda folder: list(folder.iterdir()),
    "walk": lambda folder: list(os.walk(folder)),
    "open": lambda folder: (folder / "traffic" / "00000-reply.npz").read_bytes(),
    "load": lambda folder: np.load(folder / "traffic" / "00000-reply.npz"),
    "link": lambda folder: os.link(folder / "traffic" / "00000-reply.npz", folder.parent / "mine.npz"),
    "write": lambda folder: (folder / "traffic" / "00000-release.npz").write_bytes(b""),
}


@pytest.mark.parametrize("name", READS)
def test_the_suites_folders_are_out_of_reach(name: str, roles: Roles, tmp_path: Path) -> None:
    verdict = _verdict(lambda view: _through(view, lambda: READS[name](tmp_path)), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "touched a file of the suite's cache" in verdict.reason
    assert "Observes.REPLY" in verdict.reason


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
        nn.Linear(2, 1)(torch.ones(1, 2)).sum().backward()
        return GUESS

    verdict = _verdict(busily, roles, tmp_path)
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


def test_nothing_leads_from_a_granted_field_to_what_is_behind_it(roles: Roles, tmp_path: Path) -> None:
    """Follows attributes, closures, cells, items and storages as far as they lead, without a guard in the way."""
    found: dict[str, Any] = {}

    def digging(view: AttackerView) -> Linkage:
        found["fields"] = [view.releases, view.replies, view.keys, view.client]
        return GUESS

    attack = Doing(deed=digging)
    object.__setattr__(attack, "threat", ORACLE)
    assert _verdict_of(attack, roles, tmp_path).status is Status.OK
    seen: dict[int, Any] = {}
    pile = list(found["fields"])
    while pile:
        item = pile.pop()
        if id(item) in seen or inspect.ismodule(item) or isinstance(item, type):
            continue
        seen[id(item)] = item
        for part in ("__closure__", "cell_contents", "__dict__", "__self__", "__func__", "__wrapped__", "__defaults__"):
            inside = getattr(item, part, None)
            pile += list(inside.values()) if isinstance(inside, dict) else [inside]
        pile += list(item) if isinstance(item, tuple | list) else []
    kinds = {type(item).__name__ for item in seen.values()}
    assert "generator" in kinds  # the counter, where the way ends
    assert kinds.isdisjoint({"Scan", "Cohort", "Client", "Traffic", "Shells", "PosixPath"})
    assert not any(isinstance(item, str) and "person" in item for item in seen.values())


def test_no_module_of_the_suite_holds_a_secret(roles: Roles, tmp_path: Path) -> None:
    """`sys.modules` cannot be closed, so there must be nothing in it."""
    found: set[str] = set()

    def digging(view: AttackerView) -> Linkage:
        for name, module in list(sys.modules.items()):
            for item in list(vars(module).values()) if name.partition(".")[0] == "bench" else []:
                inside = list(item.values()) if isinstance(item, dict) else []
                inside += list(item) if isinstance(item, list | tuple | set | frozenset) else []
                found.update(type(part).__name__ for part in [item, *inside])
        return GUESS

    assert _verdict(digging, roles, tmp_path).status is Status.OK
    assert "function" in found
    assert found.isdisjoint({"Scan", "Cohort", "Roles", "Client", "Traffic", "Transcript", "Networks", "Watch"})


def test_an_installed_attack_is_its_whole_package() -> None:
    installed = type("Installed", (Attack,), {"__module__": "torch.nn"})
    authors = Authors(installed)
    assert authors.wrote(str(torch.__file__))
    assert not authors.wrote(str(np.__file__))
    assert not authors.wrote(str(inspect.__file__))
    assert not authors.wrote(str(Path(__file__).parents[3] / "bench" / "view.py"))
    assert authors.wrote("somewhere/else.py")


def test_a_built_in_attack_is_told_from_the_suite() -> None:
    built_in = type("BuiltIn", (Attack,), {"__module__": "bench.attacks.reid_msssim"})
    importlib.import_module("bench.attacks.reid_msssim")
    authors = Authors(built_in)
    assert authors.wrote(str(sys.modules["bench.attacks.reid_msssim"].__file__))
    assert not authors.wrote(str(sys.modules["bench.view"].__file__))


def test_queries_beyond_the_budget_are_not_in_the_storage(roles: Roles, tmp_path: Path) -> None:
    sizes: list[tuple[int, int]] = []

    def measuring(view: AttackerView) -> Linkage:
        for tensor in (view.releases[0].queries, view.replies[0].maps, view.auxiliary.scans[0].labels):
            sizes.append((tensor.untyped_storage().nbytes(), tensor.numel() * tensor.element_size()))
        return GUESS

    attack = Doing(deed=measuring)
    object.__setattr__(attack, "threat", ORACLE)
    assert _verdict_of(attack, roles, tmp_path).status is Status.OK
    assert all(stored == shown for stored, shown in sizes)


def test_the_server_is_a_copy(roles: Roles, tmp_path: Path) -> None:
    def vandal(view: AttackerView) -> Linkage:
        for weights in view.server.parameters():
            weights.data.fill_(7)
        return GUESS

    attack = Doing(deed=vandal)
    object.__setattr__(attack, "threat", replace(ORACLE, observes=frozenset({Observes.RELEASE})))
    networks = Networks(nn.Identity(), nn.Linear(1, 1), History())
    client = Client(Shells(), nn.Identity(), roles.references.scans, CPU)
    traffic = record_traffic(client, None, roles.test, 0, tmp_path, Display(quiet=True))
    trainer = trainer_in(tmp_path)
    verdict = attack_transcript(attack, client, traffic, networks, roles, trainer, (0, "attack", "doing"))
    assert verdict.status is Status.OK
    assert all((weights != 7).all() for weights in networks.server.parameters())


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
    verdict = _verdict(lambda view: claim(), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "sys._getframe" in verdict.reason


def test_the_guard_ends_with_the_attack(roles: Roles, tmp_path: Path) -> None:
    _verdict(lambda view: sys._getframe(), roles, tmp_path)
    assert sys._getframe().f_code.co_name == "test_the_guard_ends_with_the_attack"
    assert gc.get_objects()


def test_a_watch_cannot_be_taken_off_by_who_does_not_hold_it(roles: Roles, tmp_path: Path) -> None:
    def swapping(view: AttackerView) -> Linkage:
        other = Watch("x", frozenset(), Authors(Doing), {}, (tmp_path / "own",), in_process=True)
        with watching(other):
            pass
        sys._getframe(1)
        return GUESS

    verdict = _verdict(swapping, roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "sys._getframe" in verdict.reason


def test_leaving_by_exit_is_a_failed_cell(roles: Roles, tmp_path: Path) -> None:
    verdict = _verdict(lambda view: sys.exit(0), roles, tmp_path)
    assert verdict.status is Status.FAILED
    assert verdict.reason is not None
    assert "SystemExit: 0" in verdict.reason


def test_a_denial_is_no_attribute_error() -> None:
    assert not issubclass(GrantError, AttributeError)
