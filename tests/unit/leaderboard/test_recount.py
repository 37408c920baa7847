"""What follows from a linkage is counted again, and what does not follow from it keeps to its range."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.leaderboard.submissions.pack import pack
from bench.leaderboard.submissions.ranges import impossible
from bench.leaderboard.submissions.recount.linkage import recount
from bench.leaderboard.submissions.validate import validate
from bench.leaderboard.worst_case.linkages import linkage_beside
from bench.records.claims import CLAIM_NAME, StoredLinkage, read_linkage
from tests.factories import interval, judged_record, make_record, seeing
from tests.unit.leaderboard.bundles import PEOPLE, Change, counted, forged, run_in


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recount")
    return pack(run_in(folder), folder / "out")


def _put(*place: str | int, **fields: Any) -> Change:
    """Change fields of `privacy`, somewhere below it."""

    def change(raw: dict[str, Any]) -> None:
        part = raw["privacy"]
        for step in place:
            part = part[step]
        part.update(fields)

    return change


def _rename(raw: dict[str, Any]) -> None:
    raw["privacy"]["scores"]["hidden"] = raw["privacy"]["scores"]["map"]
    raw["privacy"]["headline"] = "hidden"


def _first_person(part: str, name: str) -> Change:
    def change(raw: dict[str, Any]) -> None:
        numbers = raw["privacy"][part][name]
        numbers[sorted(numbers)[-1]] = 0.77

    return change


def _other_people(raw: dict[str, Any]) -> None:
    rates = raw["privacy"]["verification"]["tpr_per_subject"]
    raw["privacy"]["verification"]["tpr_per_subject"] = {f"{name}x": rate for name, rate in rates.items()}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_rename, "the headline is 'hidden'; attacks on linkage are judged by map"),
        (_rename, "scores that attacks on linkage do not have: hidden"),
        (lambda raw: raw["privacy"].update(headline="rank1"), "the headline is 'rank1'"),
        (_put("scores", "map", higher_is_worse=False), "the wrong way round what is worse for the patient: map"),
        (lambda raw: raw["privacy"]["scores"].pop("cmc5"), "cmc5 is missing, which the linkage gives"),
        (_put("scores", "map", "value", low=0.01), "lower end of map is 0.010, the linkage gives 0."),
        (_put("scores", "map", "value", high=None), "upper end of map is not there, the linkage gives 0."),
        (_put("verification", "auc", low=0.1), "lower end of AUC is 0.100"),
        (_put("verification", "auc", n=7), "AUC speaks of 7 people, the linkage of 12"),
        (_put("verification", genuine=25), "25 genuine comparisons, the linkage has 24"),
        (_put("verification", smallest_fpr=0.5), "smallest FPR is 0.500"),
        (_put("verification", "operating_points", 0, tpr={"value": 0.1, "low": 0, "high": 1, "n": 12}), "is 0.100"),
        (_put("verification", "operating_points", 2, tpr={"value": 0, "low": 0, "high": 1, "n": 12}), "otherwise"),
        (_put("verification", roc=[]), "points of the ROC at other FPRs than the linkage supports"),
        (_first_person("verification", "tpr_per_subject"), "TPR of p11 is 0.770, the linkage gives 0.000"),
        (_other_people, "TPR names 12 people, and not the 12 of the linkage"),
        (_first_person("residual", "per_subject"), "risk of p11 is 0.770"),
        (_put("residual", control=0.9), "score of strangers is 0.900"),
        (_put("residual", maximum=0.2), "largest risk is 0.200, the linkage gives 1.000"),
        (_put("residual", "excess", value=0.0, low=-0.1, high=0.1), "excess over strangers is 0.000"),
        (lambda raw: raw["privacy"].update(verification=None), "gives AUC 0.802, the record says none"),
        (lambda raw: raw["privacy"].update(residual=None), "no residual risk, which the linkage gives"),
        (lambda raw: raw["privacy"].update(headline_by_key=[0.2]), "map under set 1 of keys is 0.200"),
    ],
)
def test_what_the_linkage_does_not_give_is_said(bundle: Path, change: Change, words: str, tmp_path: Path) -> None:
    problems = _problems(bundle, change, tmp_path)
    assert [line for line in problems if words in line], problems


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            _put("confound", "reference_preferred", value=1.5, high=1.6),
            "privacy.confound.reference_preferred is 1.500 [0.380, 1.600], outside [0, 1]",
        ),
        (
            _put("by_dial", "points", 0, score={"value": 7, "low": 6, "high": 8, "n": 12}),
            "by_dial.points[0].score is 7",
        ),
        (
            _put("controls", "atlas", scores={"map": {"value": -1, "low": -1, "high": 0, "n": 12}}),
            "atlas.scores.map is",
        ),
        (_put("scores", "map", chance=-3), "privacy.scores.map.chance is -3, outside [0, 1]"),
        (_put("residual", p95=2.0), "privacy.residual.p95 is 2, outside [0, 1]"),
        (_put("verification", fpr_per_subject={"p00": 3.0}), "privacy.verification.fpr_per_subject.p00 is 3"),
        (
            lambda raw: raw["validity"]["leaks"]["identity"]["score"]["value"].update(value=9, high=9),
            "validity.leaks.identity.score.value is 9.000",
        ),
        (
            lambda raw: raw["utility"]["dice_by_dial"]["points"][1]["dice"].update(value=1.9, high=2.0),
            "utility.dice_by_dial.points[1].dice is 1.900",
        ),
        (
            _put("by_queries", "points", 0, score={"value": 0.1, "low": 0, "high": 0.2, "n": 12}),
            "with all queries the curve says 0.100 [0.000, 0.200], the score map is",
        ),
    ],
)
def test_what_no_linkage_gives_keeps_to_its_range(bundle: Path, change: Change, words: str, tmp_path: Path) -> None:
    problems = _problems(bundle, change, tmp_path)
    assert [line for line in problems if words in line], problems


def test_a_small_or_tied_cohort_is_no_forgery(tmp_path: Path) -> None:
    """What a second draw may give otherwise is not held against a record."""
    few = tuple(f"p{min(number, 9 + number % 3):02d}" for number in range(14))
    for people, scores in (
        (few, seeing(few, set())),
        (PEOPLE, np.minimum(seeing(PEOPLE, set()), np.float32(0.8))),  # saturates
        (PEOPLE, (seeing(PEOPLE, set(PEOPLE[:6])) > 0.7).astype(np.float32)),
        (PEOPLE, np.zeros((24, 24), dtype=np.float32)),
    ):
        path, record = judged_record(tmp_path / "run", people, scores, privacy=counted(scores, people))
        scans = {**record.data.scans, "test": len(people)}
        record = record.model_copy(update={"data": record.data.model_copy(update={"scans": scans})})
        privacy = record.privacy
        assert privacy is not None
        assert list(recount(record, linkage_beside(path, CLAIM_NAME, privacy.auc))) == []


def test_a_linkage_of_other_scans_or_of_more_keys_is_not_counted_at_all(tmp_path: Path) -> None:
    path, record = judged_record(tmp_path / "run", PEOPLE, seeing(PEOPLE, set()), settings={"key_repetitions": 1})
    stored = read_linkage(path.parent / CLAIM_NAME)
    twice = StoredLinkage(np.repeat(stored.scores, 2, axis=0), stored.people)
    assert list(recount(record, twice)) == ["the linkage is under 2 sets of keys, the settings say 1"]
    scans = {**record.data.scans, "test": 22, "train": 40}
    other = record.model_copy(update={"data": record.data.model_copy(update={"scans": scans})})
    assert list(recount(other, stored)) == ["the linkage is of 24 scans, the data have 22"]
    learnt = other.attack.model_copy(update={"threat": other.attack.threat.model_copy(update={"phase": "training"})})
    assert "of 24 scans" not in " ".join(recount(other.model_copy(update={"attack": learnt}), stored))


def test_planted_leaks_are_in_scans_of_other_people() -> None:
    """Of the embedded phantom, which may be more than the cohort has."""
    few = {"subjects": {"train": 4, "test": 12}, "scans": {"train": 8, "test": 24}}
    leak = {"passed": True, "score": {"value": interval(0.9, n=48), "chance": 0.1}, "reason": None}
    found = list(impossible(make_record(data=few, validity={"leaks": {"identity": leak}})))
    assert found == []


def test_averages_over_rare_classes_depend_on_the_order(bundle: Path, tmp_path: Path) -> None:
    def lack(raw: dict[str, Any]) -> None:
        people = raw["utility"]["dice_per_subject"]
        people["p00"]["CSF"] = 0.0
        raw["utility"]["dice_average"] = {"value": 0.72, "low": 0.7, "high": 0.74, "n": 12}

    assert _problems(bundle, lack, tmp_path) == ()


def _problems(bundle: Path, change: Change, tmp_path: Path) -> tuple[str, ...]:
    copy = tmp_path / bundle.name
    copy.write_bytes(bundle.read_bytes())
    return validate(forged(copy, change)).problems
