"""What else than luck may stand behind a claim that comes out otherwise: another training, version or source."""

from typing import Any

from bench.leaderboard.submissions.compare import another_suite, another_training, differences
from bench.records.schema import Record
from tests.factories import make_record


def on(record: Record, **environment: Any) -> Record:
    """The same record, made elsewhere."""
    return record.model_copy(update={"environment": record.environment.model_copy(update=environment)})


def test_another_training_is_named_with_both_machines_where_weights_are_known() -> None:
    claimed, found, unknown = (make_record(defense={"weights_hash": name}) for name in ("aa", "bb", None))
    told = another_training(on(claimed, threads=3), found)
    assert told is not None
    assert "x86_64 (cpu, threads: 3, torch " in told
    assert "x86_64 (cpu, threads: 2, torch " in told
    assert another_training(claimed, claimed) is another_training(claimed, unknown) is None
    assert str(another_training(on(unknown, threads=3), found)).startswith("maybe other weights came out")


def test_other_weights_on_the_same_kind_of_processor_are_no_luck() -> None:
    claimed, found = (make_record(defense={"weights_hash": name}) for name in ("aa", "bb"))
    (line,) = differences(claimed, found)
    assert line.startswith("another training: claimed weights aa, found bb on the same kind of machine")
    assert another_training(claimed, found) is None  # said already, and not to be softened
    assert differences(claimed, on(found, git="another commit")) == []  # which may train otherwise
    for elsewhere in ({"threads": 3}, {"device": "cuda:0"}):
        assert differences(on(claimed, **elsewhere), on(found, **elsewhere) if "device" in elsewhere else found) == []


def test_what_the_same_version_of_the_suite_calls_another_cell_was_edited() -> None:
    claimed, found = make_record(cell="aa"), make_record(cell="bb")
    (line,) = differences(claimed, found)
    assert line.startswith("another cell: claimed aa, found bb by the same version of the suite; the settings")
    assert another_suite(claimed, found) is None
    later = on(found, git="another commit")
    assert differences(claimed, later) == []
    assert str(another_suite(claimed, later)).startswith("another version of the suite: claimed by ")
    changed = later.model_copy(update={"attack": later.attack.model_copy(update={"code_hash": "new"})})
    known = claimed.model_copy(update={"attack": claimed.attack.model_copy(update={"code_hash": "old"})})
    assert "with another source of the attack" in str(another_suite(known, changed))


def test_a_commit_with_changes_on_top_is_no_known_version() -> None:
    claimed, found = on(make_record(cell="aa"), git="abc+"), on(make_record(cell="bb"), git="abc+")
    assert differences(claimed, found) == []
    assert another_suite(claimed, found) is not None
