"""Links, back and the focus: whatever is asked for is seen."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.leaderboard.build import build
from tests.browser.choosing import rows
from tests.factories import make_record
from tests.gallery import gallery

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(gallery(), tmp_path_factory.mktemp("places"))


def test_what_has_the_focus_is_never_under_the_bar_that_stays(visit: Visit, leaderboard: Path) -> None:
    """WCAG 2.2, success criterion 2.4.11."""
    page = visit(leaderboard)
    page.locator(".matrix a").first.focus()
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.locator("#g1 section.defense summary").last.focus()
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        hidden = page.evaluate(
            """() => {
              const bar = document.getElementById("controls").getBoundingClientRect();
              const here = document.activeElement.getBoundingClientRect();
              const inside = document.activeElement.closest("#controls") !== null;
              return bar.top <= 0 && !inside && here.bottom <= bar.bottom && here.bottom > 0 ? here.bottom : 0;
            }"""
        )
        assert hidden == 0, page.evaluate("document.activeElement.outerHTML.slice(0, 100)")


def test_every_group_leads_to_its_parts(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    links = page.locator("#g1 nav.parts a")
    assert links.count() >= 5
    for link in links.all():
        link.click()
        expect(page.locator(page.url[page.url.index("#") :])).to_be_in_viewport()


def test_through_to_a_defense_and_back(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    page.locator("#g1 .worst-case:visible tbody a, #g1 .matrix tbody th a").first.click()
    part = page.locator("section.defense:target")
    expect(part).to_be_in_viewport()
    assert abs(part.evaluate("part => part.getBoundingClientRect().top")) < 200
    part.get_by_role("link", name="Back to the tables").click()
    expect(page.locator("#g1-heading")).to_be_in_viewport()
    page.go_back()
    expect(part).to_be_in_viewport()


def test_back_shows_what_the_address_says(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    find = page.get_by_label("Find")
    defense = page.locator("#g1 .matrix tbody tr").first.get_attribute("data-defense") or ""
    find.fill(defense)
    page.locator("#g1 .matrix tbody th a").first.click()
    expect(page.locator("section.defense:target")).to_be_in_viewport()
    find.fill("")
    page.go_back()
    expect(find).to_have_value(defense)
    assert "find=" in page.url
    expect(page.get_by_text(re.compile("of .* cells shown")).first).to_be_visible()


@pytest.mark.parametrize("width", [380, 1280])
def test_a_link_lands_on_its_target_below_parts_that_were_never_drawn(visit: Visit, tmp_path: Path, width: int) -> None:
    records = [
        make_record(defense={"name": f"d{number:02d}"}, attack={"name": f"a{number % 3}"}, seed=number // 30)
        for number in range(60)
    ]
    site = build([(tmp_path / f"{number}.json", record) for number, record in enumerate(records)], tmp_path / "site")
    page = visit(site, width=width)
    page.locator(".matrix tbody th a").last.click()
    page.wait_for_timeout(300)
    assert abs(page.locator("section.defense:target").evaluate("part => part.getBoundingClientRect().top")) < 200
    deep = page.locator("details.cell").last.get_attribute("id")
    page.goto(f"{site.as_uri()}?#{deep}")
    page.wait_for_timeout(300)
    assert abs(page.locator(f"#{deep}").evaluate("cell => cell.getBoundingClientRect().top")) < 200


def test_a_saved_link_lands_on_the_second_cohort(visit: Visit, tmp_path: Path) -> None:
    """Everything above it is as high as the browser guesses until it was drawn."""
    records = [
        make_record(
            data={"name": cohort, "data_hash": cohort * 8},
            defense={"name": f"d{number % 11:02d}"},
            attack={"name": f"a{number // 11:02d}"},
        )
        for cohort in ("aa", "bb")
        for number in range(165)
    ]
    site = build([(tmp_path / f"{number}.json", record) for number, record in enumerate(records)], tmp_path / "site")
    page = visit(site)
    page.goto("about:blank")
    page.goto(f"{site.as_uri()}#g2")
    page.wait_for_timeout(500)
    assert abs(page.locator("#g2").evaluate("part => part.getBoundingClientRect().top")) < 200


def test_a_wide_table_says_that_it_goes_on(visit: Visit, leaderboard: Path) -> None:
    box = visit(leaderboard, width=380).locator(".board .scroll").first
    expect(box).to_have_class(re.compile(r"\bgoes-on\b"))
    box.evaluate("box => { box.scrollLeft = box.scrollWidth; }")
    expect(box).not_to_have_class(re.compile(r"\bgoes-on\b"))


def test_a_square_of_the_matrix_opens_its_cell(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    link = page.locator(".matrix .square a").first
    link.click()
    expect(page.locator(str(link.get_attribute("href")))).to_have_attribute("open", "")


def test_a_link_to_something_hidden_shows_it(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    hidden = page.locator("details[data-attack='true-key-oracle']").first.get_attribute("id")
    page.goto(f"{leaderboard.as_uri()}?tier=0#{hidden}")
    expect(page.locator(f"#{hidden}")).to_have_attribute("open", "")
    expect(rows(page)).to_have_count(11)
