"""What the details of a cell state about the attack, and what the page says about groups that stand apart."""

from pathlib import Path
from typing import Any

import pytest

from bench.leaderboard.entry import Entry
from bench.leaderboard.grouping import GroupKey, groups_of
from bench.leaderboard.numbers import DASH
from bench.leaderboard.page.differences import differences
from bench.leaderboard.page.facts import Fact, check_facts, confound_facts, control_facts, residual_facts
from bench.leaderboard.page.rows import group_views
from bench.leaderboard.page.state_words import STATES
from bench.leaderboard.page.verification_words import verification_facts
from bench.records.privacy import Privacy
from bench.records.schema import PROTOCOL_VERSION, Record, Status
from tests.factories import interval, make_record


def privacy_of(**changes: Any) -> Privacy:
    found = make_record(privacy=changes).privacy
    assert found is not None
    return found


def titles(record: Record) -> dict[str, list[Fact]]:
    (view,) = group_views(groups_of([(Path("record.json"), record)]))
    return dict(view.boards[0].rows[0].facts)


def test_every_state_has_its_own_words() -> None:
    assert set(STATES) == set(Status)
    assert len(set(STATES.values())) == len(Status)
    assert "proves nothing" in STATES[Status.INVALID]
    assert all("no sign of privacy" in STATES[state] for state in (Status.FAILED, Status.TIMEOUT))


def test_checks_say_what_was_found_and_what_was_missed() -> None:
    missed = {"passed": False, "score": {"value": interval(0.2), "chance": 0.1}, "reason": "not above 0.5"}
    broken = {"passed": False, "score": None, "reason": "NaN"}
    record = make_record(validity={"leaks": {"identity": missed, "odd": broken}})
    assert record.validity is not None
    assert check_facts(record.validity) == [
        Fact("identity", "missed", "0.200 [0.180, 0.220] chance 0.100", f"the scan itself {DASH} not above 0.5"),
        Fact("odd", "missed", "no score", "NaN"),
    ]


def test_a_score_stands_among_chance_and_controls_in_a_fixed_order() -> None:
    controls = {
        name: {"meaning": f"{name} in words", "scores": {"macro_f1": interval(0.5)}}
        for name in ("zebra", "oracle-key", "random-other", "atlas", "amplified", "do-nothing")
    }
    facts = control_facts(Entry(Path("r.json"), make_record(privacy={"controls": controls}), "d", "a"))
    expected = ["this attack", "chance", "do-nothing", "amplified", "atlas", "random-other", "oracle-key", "zebra"]
    assert [fact.term for fact in facts] == expected
    assert facts[2] == Fact("do-nothing", "0.500", "[0.480, 0.520]", "do-nothing in words")


def test_an_unsupported_rate_names_the_smallest_supported_one() -> None:
    auc, ten, one, tenth, pairs = verification_facts(privacy_of().verification)
    assert (auc.value, ten.value, one.value) == ("0.810", "0.550", "0.200")
    assert tenth == Fact("TPR at 0.1\u00a0% FPR", DASH, "smallest supported FPR 0.4\u00a0%")
    assert pairs.value == "24 of one person, 528 of two"


def test_no_rate_at_all_is_said() -> None:
    points = [{"fpr": 0.1, "tpr": None}]
    found = privacy_of(verification={"operating_points": points, "smallest_fpr": None}).verification
    assert verification_facts(found)[1].detail == "too few comparisons"


def test_residual_risk_shows_the_excess_and_the_worst_off_person() -> None:
    facts = {fact.term: fact.value for fact in residual_facts(privacy_of().residual)}
    assert facts == {
        "excess over strangers": "0.300",
        "strangers": "0.150",
        "mean over people": "0.410",
        "95th percentile": "0.900",
        "maximum": "1.000",
    }


def test_a_confound_that_was_not_measured_says_why() -> None:
    (fact,) = confound_facts(None)
    assert (fact.value, fact.detail) == (
        DASH,
        "not asked of attacks like this; or two keys give one release, or nobody has two visits",
    )


def test_where_an_attack_failed_along_a_curve_is_said_even_if_no_curve_is_left() -> None:
    lost = {"at": 1, "score": interval(None), "reason": "NaN in the claim"}
    curve = {"along": "queries", "points": [lost, {"at": 10, "score": interval(0.3)}]}
    whole = titles(make_record())
    assert "Not measured" not in whole
    for goal in ("linkage", "attribute"):
        found = titles(make_record(attack={"threat": {"goal": goal}}, privacy={"by_queries": curve}))
        assert found["Not measured"] == [Fact("queries 1", DASH, "the attack failed here", "NaN in the claim")]


@pytest.mark.parametrize("status", ["invalid", "failed", "timeout"])
def test_a_cell_that_is_not_ok_states_only_its_checks_and_who_says_so(status: str) -> None:
    assert [*titles(make_record(status=status, reason="r"))] == ["Known-answer checks", "How it is known"]


def test_checks_that_were_not_run_are_not_silent() -> None:
    (fact,) = titles(make_record(status="failed", reason="r", validity=None))["Known-answer checks"]
    assert fact.value == "not looked for"


def test_groups_of_one_data_set_say_in_which_field_they_differ() -> None:
    keys = [
        GroupKey.of(record)
        for record in (
            make_record(),
            make_record(preset="paper", protocol_version="9.9"),
            make_record(data={"name": "z"}),
        )
    ]
    (sentence,) = differences(keys, keys[0])
    assert sentence.endswith(
        f"the preset differs (quick here, paper there); the protocol differs ({PROTOCOL_VERSION} here, 9.9 there)."
    )
    assert differences(keys, keys[2]) == []


def test_another_number_of_keys_or_another_pool_stands_apart() -> None:
    settings = make_record().settings
    changed = make_record(settings={**settings, "key_repetitions": 9, "reference_pool": "public"})
    keys = [GroupKey.of(record) for record in (make_record(), changed)]
    (sentence,) = differences(keys, keys[0])
    assert f"key_repetitions differs ({settings.get('key_repetitions', 'unset')} here, 9 there)" in sentence
    assert "reference_pool differs (" in sentence
    assert len(groups_of([(Path("a.json"), make_record()), (Path("b.json"), changed)])) == 2


def test_long_hashes_are_shortened_where_they_differ() -> None:
    a, b = GroupKey.of(make_record()), GroupKey.of(make_record(data={"data_hash": "f" * 64}))
    assert f"the data differs (d0d0d0d0d0d0… here, {'f' * 12}… there)" in differences([a, b], a)[0]


@pytest.mark.parametrize(
    ("threat", "words"),
    [
        ({"goal": "membership"}, "only attacks that tell the test people apart count here"),
        ({"tier": 4}, "T4 is stronger than T2"),
        ({}, "the record keeps no linkage file"),
    ],
)
def test_every_cell_says_why_it_takes_no_part(threat: dict[str, Any], words: str) -> None:
    (view,) = group_views(groups_of([(Path("record.json"), make_record(attack={"threat": threat}))]))
    part = view.boards[0].rows[0].part
    assert part.startswith("Takes no part: ")
    assert words in part
