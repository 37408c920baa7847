"""What a view grants leads to nothing that it does not grant."""

import inspect
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from bench.defense import Networks
from bench.progress import Display
from bench.records.schema import Status
from bench.runner.attack.attacking import attack_transcript
from bench.runner.traffic.parties import Client
from bench.runner.traffic.recording import record_traffic
from bench.types.claim import Linkage
from bench.types.scan import Roles
from bench.types.threat import Observes
from bench.types.training import History
from bench.view import AttackerView
from tests.trainers import trainer_in
from tests.unit.runner.strangers import Doing, Shells
from tests.unit.runner.verdicts import CPU, GUESS, ORACLE, verdict_on, verdict_on_attack


def test_nothing_leads_from_a_granted_field_to_what_is_behind_it(roles: Roles, tmp_path: Path) -> None:
    """Follows attributes, closures, cells, items and storages as far as they lead, without a guard in the way."""
    found: dict[str, Any] = {}

    def digging(view: AttackerView) -> Linkage:
        found["fields"] = [view.releases, view.replies, view.keys, view.client]
        return GUESS

    attack = Doing(deed=digging)
    object.__setattr__(attack, "threat", ORACLE)
    assert verdict_on_attack(attack, roles, tmp_path).status is Status.OK
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

    assert verdict_on(digging, roles, tmp_path).status is Status.OK
    assert "function" in found
    assert found.isdisjoint({"Scan", "Cohort", "Roles", "Client", "Traffic", "Transcript", "Networks", "Watch"})


def test_queries_beyond_the_budget_are_not_in_the_storage(roles: Roles, tmp_path: Path) -> None:
    sizes: list[tuple[int, int]] = []

    def measuring(view: AttackerView) -> Linkage:
        for tensor in (view.releases[0].queries, view.replies[0].maps, view.auxiliary.scans[0].labels):
            sizes.append((tensor.untyped_storage().nbytes(), tensor.numel() * tensor.element_size()))
        return GUESS

    attack = Doing(deed=measuring)
    object.__setattr__(attack, "threat", ORACLE)
    assert verdict_on_attack(attack, roles, tmp_path).status is Status.OK
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
