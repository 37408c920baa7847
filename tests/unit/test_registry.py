"""Plugins: found by entry point or file, broken ones explained."""

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from bench.attack import Attack
from bench.errors import BenchError
from bench.registry import Entry, Registry

ATTACK = '''
from dataclasses import dataclass
import torch
from bench.attack import Attack
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, ThreatModel, Tier

@dataclass(frozen=True)
class Coin(Attack):
    """Flip a coin."""
    name = "coin"
    summary = "guess"
    source = "nobody"
    goal = Goal.LINKAGE
    threat = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))

    def run(self, view, trainer):
        count = len(view.releases)
        return Linkage(torch.rand(count, count))
'''


def test_built_in_plugins_come_through_entry_points() -> None:
    registry = Registry()
    assert {"no-proxy", "mixup-naive", "mixup-naive-tta", "mixup-learned", "mixup-learned-tta"} <= {
        entry.name for entry in registry.of("defenses")
    }
    assert all(isinstance(entry.point, EntryPoint) for entry in registry.entries)


def test_a_single_file_is_a_plugin(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(ATTACK)
    entry = Registry((path,)).find("attacks", "coin")
    assert issubclass(entry.load(), Attack)
    assert entry.origin == str(path)


def test_a_file_cannot_take_the_place_of_a_known_plugin(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(ATTACK.replace('"coin"', '"reid-msssim"'))
    with pytest.raises(BenchError, match="defines 'reid-msssim', which exists already"):
        Registry((path,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import no_such_module_anywhere", "does not import: ModuleNotFoundError: No module named 'no_such_module"),
        ("x = (", "does not import: SyntaxError"),
        ("x = 1", "defines no subclass of Attack, Defense, Dataset"),
    ],
)
def test_a_useless_file_says_why(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "plugin.py"
    path.write_text(text)
    with pytest.raises(BenchError, match=message):
        Registry((path,))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no plugin file .*nowhere\.py"):
        Registry((tmp_path / "nowhere.py",))


def test_a_typo_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(BenchError, match=r"no attack named 'reid-mssim' \(did you mean 'reid-msssim'\?\); available: "):
        Registry().find("attacks", "reid-mssim")


def test_a_name_of_another_kind_says_which() -> None:
    with pytest.raises(BenchError, match="it is one of the defenses"):
        Registry().find("attacks", "no-proxy")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:X", "ModuleNotFoundError"),
        ("bench.attack:Nothing", "AttributeError"),
        ("bench.attack:Attack", "Attack lacks run, name, summary, source, goal, threat"),
        ("bench.data.phantom:Phantom", r"is no subclass of bench\.attack\.Attack"),
        ("bench.attacks.reid_msssim:ReidMsssim", "registered as 'broken'"),
    ],
)
def test_a_broken_plugin_says_why_and_only_when_it_is_loaded(value: str, reason: str) -> None:
    entry = Entry("attacks", "broken", EntryPoint("broken", value, "bench.attacks"), value)
    assert entry.defect is not None
    with pytest.raises(BenchError, match=f"plugin 'broken' .* is broken: .*{reason}"):
        entry.load()


def test_a_plugin_that_is_no_dataclass_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(ATTACK.replace("@dataclass(frozen=True)\n", ""))
    with pytest.raises(BenchError, match="must be a dataclass"):
        Registry((path,)).find("attacks", "coin").load()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"coin"', '"Coin flip/x"', r"Coin\.name is 'Coin flip/x'; a name is made of small letters"),
        (
            'summary = "guess"',
            'summary = "guess"\n    @property\n    def costly(self):\n        return True',
            r"Coin\.costly must be True or False, got <property",
        ),
        ("Goal.LINKAGE", '"linkage"', r"Coin\.goal must be a Goal, got 'linkage'"),
        ('summary = "guess"', "summary = 3", r"Coin\.summary must be text, got 3"),
        ('summary = "guess"', 'summary = "guess"\n    sides = 2', r"Coin\.sides has no type, .* write sides: int = 2"),
        (
            'summary = "guess"',
            'summary = "guess"\n    presets = {"fast": {}}',
            r"presets names 'fast'; there are smoke",
        ),
        (
            'summary = "guess"',
            'summary = "guess"\n    sides: int = 2\n    presets = {"smoke": {"side": 3}}',
            r"presets\['smoke'\] sets side; settings are sides",
        ),
    ],
)
def test_what_a_plugin_says_wrongly_of_itself_is_found_when_it_is_loaded(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    path = tmp_path / "coin.py"
    path.write_text(ATTACK.replace(old, new))
    (entry,) = [entry for entry in Registry((path,)).entries if entry.origin == str(path)]
    with pytest.raises(BenchError, match=message):
        entry.load()


def test_a_class_that_is_not_finished_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "coin.py"
    path.write_text(ATTACK.replace("def run", "def walk"))
    with pytest.raises(BenchError, match=r"coin\.py: Coin lacks run"):
        Registry((path,))
