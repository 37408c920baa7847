"""Choosing what is shown: tiers, states, names, and what the picture draws; all of it in the page's address."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.leaderboard.build import build
from tests.browser.choosing import address, choose, drawn, pick, rows
from tests.factories import interval, make_record
from tests.gallery import gallery

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(gallery(), tmp_path_factory.mktemp("choices"))


def test_all_is_shown_at_first_and_the_address_is_clean(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    expect(page.locator("#count")).to_have_text("11 cells")
    expect(rows(page)).to_have_count(11)
    assert address(page) == {}


@pytest.mark.parametrize(("tier", "left"), [("0", 6), ("1", 6), ("2", 10), ("4", 11)])
def test_the_tier_switch_hides_stronger_attackers_everywhere(
    visit: Visit, leaderboard: Path, tier: str, left: int
) -> None:
    page = visit(leaderboard)
    choose(page, "tier", tier)
    expect(rows(page)).to_have_count(left)
    expect(page.locator("#count")).to_have_text("11 cells" if left == 11 else f"{left} of 11 cells shown")
    assert all(int(shown or 9) <= int(tier) for shown in all_tiers(page))
    worst = page.locator("#g1 .worst-case:visible .caption-title")
    expect(worst).to_have_text(re.compile(f"up to tier T{min(int(tier), 2)},"))


def all_tiers(page: Page) -> list[str | None]:
    marked = page.locator(
        ".matrix [data-tier]:visible, .board [data-tier]:visible, details[data-tier]:visible, "
        ".by-attack li[data-tier]:visible, .by-attack g.knots:visible"
    )
    return [one.get_attribute("data-tier") for one in marked.all()]


def test_curves_of_a_defense_follow_the_tier(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    curves = page.locator("#g1 section.defense[data-defense=mixup] .by-attack").first
    names = curves.locator("li:visible")
    curves.scroll_into_view_if_needed()
    expect(names).to_have_text(["nearest-neighbor T0", "siamese T2", "true-key-oracle T4"])
    choose(page, "tier", "2")
    expect(names).to_have_text(["nearest-neighbor T0", "siamese T2"])
    expect(curves.locator("g.curve:not(.gone)")).to_have_count(2)
    choose(page, "tier", "0")
    expect(names).to_have_text(["nearest-neighbor T0"])


def test_what_the_choices_do_not_change_is_said_beside_them(visit: Visit, leaderboard: Path) -> None:
    hint = visit(leaderboard).locator("#hint")
    expect(hint).to_be_visible()
    expect(hint).to_contain_text("worst cases and ranks end at T2")


def test_the_picture_follows_the_tier(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    (strong,) = (title for title in drawn(page) if title.startswith("mixup against"))
    assert "siamese" in strong
    choose(page, "tier", "0")
    (weak,) = (title for title in drawn(page) if title.startswith("mixup against"))
    assert "nearest-neighbor" in weak


def test_the_picture_shows_every_cell_one_attack_or_the_worst(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    assert len(drawn(page)) == 3
    pick(page, "show", "all")
    assert len(drawn(page)) == 6
    pick(page, "show", "by siamese")
    assert [title.split("\n")[0] for title in drawn(page)] == ["mixup against siamese (T2, seed 0)"]
    choose(page, "tier", "1")
    assert drawn(page) == []
    expect(page.locator("#g1-overview .empty")).to_be_visible()
    pick(page, "show", "worst")
    assert len(drawn(page)) == 3
    expect(page.locator("#g1-overview .empty")).to_be_hidden()


def test_another_class_moves_the_marks_and_renames_the_axis(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    pick(page, "dice", "CSF")
    expect(page.locator("#g1-overview svg.wide .axis-title").last).to_contain_text("Dice of CSF")
    assert all("Dice of CSF" in title for title in drawn(page))
    pick(page, "show", "all")
    pick(page, "by", "pairs")
    expect(page.locator("#g1-overview svg.wide .axis-title").first).to_contain_text("Pairs recognised at 10")


def test_after_every_detour_the_picture_is_the_one_that_was_sent(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    plots = page.locator("#g1-overview .plots")
    before = "".join(plots.inner_html().split())
    pick(page, "dice", "GM")
    pick(page, "show", "all")
    choose(page, "tier", "0")
    assert "".join(plots.inner_html().split()) != before
    page.get_by_role("button", name="Show everything").click()
    assert "".join(plots.inner_html().split()) == before
    assert address(page) == {}


def test_names_and_states_filter_tables_parts_and_matrix(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    page.get_by_label("Find").fill("DEFORM")
    expect(rows(page)).to_have_count(3)
    expect(page.locator("section.defense:visible")).to_have_count(2)
    expect(page.locator(".matrix tbody tr:visible")).to_have_count(2)
    choose(page, "state", "lost")
    expect(rows(page)).to_have_count(2)
    choose(page, "state", "ok")
    expect(rows(page)).to_have_count(1)
    expect(page.get_by_role("status")).to_have_text("1 of 11 cells shown")
    page.get_by_label("Find").fill("no such thing")
    expect(page.locator("#count")).to_have_text("No cell fits; pictures and worst cases stay whole")


def test_the_address_brings_a_colleague_to_the_same_view(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    choose(page, "tier", "1")
    page.get_by_label("Find").fill("mix & up")
    page.get_by_label("Find").fill("mixup")
    pick(page, "dice", "WM")
    pick(page, "show", "by nearest-neighbor")
    shown, marks = rows(page).count(), drawn(page)
    page.goto(page.url)
    expect(page.get_by_label("Find")).to_have_value("mixup")
    assert (rows(page).count(), drawn(page)) == (shown, marks)
    assert address(page) == {
        "tier": ["1"],
        "find": ["mixup"],
        "g1.dice": ["WM"],
        "g1.show": ["by nearest-neighbor"],
    }


def test_an_address_of_another_page_does_no_harm(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    page.goto(f"{leaderboard.as_uri()}?tier=9&state=<script>&g1.dice=liver&g7.by=x&find=%22%3E%3Cimg%20onerror=1%3E")
    expect(page.locator("#controls [name=tier]")).to_have_value("4")
    expect(page.locator("#controls [name=state]")).to_have_value("all")
    expect(page.locator("#count")).to_have_text("No cell fits; pictures and worst cases stay whole")
    page.get_by_role("button", name="Show everything").click()
    expect(rows(page)).to_have_count(11)


def test_the_keyboard_alone_chooses(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    page.locator("#controls [name=tier]").focus()
    page.keyboard.press("ArrowUp")
    expect(rows(page)).to_have_count(10)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("identity")
    expect(rows(page)).to_have_count(3)
    page.keyboard.press("Enter")  # submits nothing
    expect(rows(page)).to_have_count(3)


def test_without_a_script_all_is_there(visit: Visit, leaderboard: Path, tmp_path: Path) -> None:
    plain = tmp_path / "index.html"
    plain.write_text(re.sub(r"<script>.*?</script>", "", leaderboard.read_text(), flags=re.DOTALL))
    page = visit(plain)
    expect(rows(page)).to_have_count(11)
    expect(page.locator("form:visible")).to_have_count(0)
    assert len(drawn(page)) == 3


def test_long_tables_show_their_first_rows_in_any_order_until_all_are_asked_for(visit: Visit, tmp_path: Path) -> None:
    scores = {
        number: {"scores": {"map": {"value": interval(number / 200), "chance": 0.1}}, "headline": "map"}
        for number in range(120)
    }
    records = [make_record(cell=f"{n:016x}", attack={"name": f"a{n:03d}"}, privacy=p) for n, p in scores.items()]
    page = visit(build([(tmp_path / f"{n}.json", record) for n, record in enumerate(records)], tmp_path))
    attacks = page.locator(".board tbody tr:visible .column-attack")
    expect(attacks).to_have_count(100)
    page.locator(".board").get_by_role("button", name="mAP", exact=True).click()
    expect(attacks.first).to_have_text("a000")
    expect(attacks.last).to_have_text("a099")
    page.get_by_label("Find").fill("a11")
    expect(attacks).to_have_count(10)
    expect(page.locator(".more")).to_be_hidden()
    page.get_by_label("Find").fill("")
    page.get_by_role("button", name="Show all 120 rows").click()
    expect(attacks).to_have_count(120)
    expect(page.locator(".more")).to_be_hidden()
