"""One defense under all attacks, along queries and along its dial."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.page.curves import Curves, curves_of
from bench.leaderboard.page.svg.curve import Chart, Knot
from bench.leaderboard.page.svg.lines import Line, lines
from bench.records.schema import Record
from tests.factories import interval, make_record

CHART = Chart(ident="c", titles=("alpha", "mAP"), logarithmic=False, chance=0.1, series=0)


def attacked(attack: str, scores: dict[int, float | None], *, tier: int = 0, seed: int = 0) -> Record:
    points = [{"at": at, "score": interval(score)} for at, score in scores.items()]
    curve = {"along": "queries", "points": points}
    return make_record(
        seed=seed,
        attack={"name": attack, "threat": {"tier": tier}},
        privacy={"by_queries": curve, "by_dial": None},
    )


def curves(*records: Record) -> list[Curves]:
    (found,) = groups_of([(Path(f"{number}/record.json"), record) for number, record in enumerate(records)])
    return curves_of(found.entries, "c")


def test_every_attack_has_its_line_and_its_marker_in_the_legend() -> None:
    (drawn,) = curves(attacked("a", {1: 0.2, 5: 0.4}), attacked("b", {1: 0.3, 5: 0.9, 10: 1.0}))
    assert drawn.title == "macro-F1 against queries, attack by attack"
    assert [name for _, name, _ in drawn.legend] == ["a", "b"]
    svg = ElementTree.fromstring(drawn.drawing)
    assert len(svg.findall(".//polyline")) == 2
    titles = [title.text for title in svg.findall(".//g[@class='knot']/title")]
    assert titles == ["a at 1: 0.200", "a at 5: 0.400", "b at 1: 0.300", "b at 5: 0.900", "b at 10: 1.000"]


def test_curves_carry_the_tier_that_the_page_hides_them_by() -> None:
    (drawn,) = curves(attacked("a", {1: 0.2, 5: 0.4}, tier=2), attacked("b", {1: 0.3, 5: 0.9}, tier=4))
    layers = ElementTree.fromstring(drawn.drawing).findall("./g[@data-tier]")
    assert [(layer.get("class"), layer.get("data-tier")) for layer in layers] == [
        ("curve", "2"),
        ("curve", "4"),
        ("knots", "2"),
        ("knots", "4"),
    ]
    assert [tier for _, _, tier in drawn.legend] == [2, 4]


def test_one_curve_alone_stands_in_its_cell_only() -> None:
    assert curves(attacked("a", {1: 0.2, 5: 0.4}), attacked("b", {1: 0.3, 5: None})) == []


def test_of_several_seeds_the_first_is_drawn() -> None:
    later = attacked("a", {1: 0.8, 5: 0.9}, seed=1)
    (drawn,) = curves(later, attacked("a", {1: 0.2, 5: 0.4}), attacked("b", {1: 0.3, 5: 0.9}))
    assert "a at 1: 0.200" in drawn.drawing
    assert "a at 1: 0.800" not in drawn.drawing


def test_where_a_failed_there_is_no_point() -> None:
    (drawn,) = curves(attacked("a", {1: 0.2, 5: None, 10: 0.4}), attacked("b", {1: 0.3, 5: 0.9}))
    assert "a at 5" not in drawn.drawing


@pytest.mark.parametrize(
    "found",
    [[], [Line("a", 0, 0, (Knot(1.0, 0.5, None),))], [Line("a", 0, 0, (Knot(2.0, 0.5, None), Knot(1.0, 0.5, None)))]],
)
def test_what_is_no_curve_is_refused(found: list[Line]) -> None:
    with pytest.raises(ValueError, match="curve"):
        lines(CHART, found)
