"""The worst case per defense, and the evidence behind each cell, as readers meet them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from bench.leaderboard.build import build
from tests.browser.judged import judged_gallery
from tests.browser.test_leaderboard_page import CONTRAST

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judged")
    return build(judged_gallery(folder), folder / "site")


def worst_table(page: Page) -> Locator:
    return page.locator("article.worst-case:not([hidden]) .worst-table").filter(has_text="identity")


def worst_row(page: Page, defense: str) -> dict[str, str]:
    """The fields of a row by the heads of their columns."""
    row = worst_table(page).locator("tbody tr").filter(has=page.locator("th", has_text=defense))
    heads, fields = worst_table(page).locator("thead th").all_inner_texts(), row.locator("th, td").all_inner_texts()
    return {" ".join(head.split()): " ".join(text.split()) for head, text in zip(heads, fields, strict=True)}


def cell(page: Page, defense: str, attack: str) -> Locator:
    return (
        page.locator("section.group")
        .filter(has_text="identity")
        .locator("details")
        .filter(has=page.locator("summary", has_text=f"{defense} against {attack}"))
    )


def opened(page: Page, defense: str, attack: str) -> Locator:
    found = cell(page, defense, attack)
    found.locator("summary").click()
    return found


def test_defenses_stand_by_what_recognises_most(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    names = worst_table(page).locator("tbody th").all_inner_texts()
    assert [name.strip() for name in names] == ["deformation", "mixup", "proxy", "identity"]
    row = worst_row(page, "mixup")
    assert row["Rank"].startswith("2")
    assert row["TPR at 10 % FPR"].startswith("1.000")
    assert row["People found"].startswith("12 of 12 guessing ")
    assert row["Found by"].startswith("2 attacks together best alone")
    assert worst_row(page, "identity")["Rank"].startswith("–")  # noqa: RUF001 (the dash of the page)


def test_all_together_and_the_paper_stand_beside_the_worst(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    row = worst_row(page, "identity")
    assert row["Found by"] == "reid-msssim"
    assert row["TPR, all together"].startswith("1.000")
    assert row["Attacks"] == "1 3 took no part"
    assert row["TPR, reid-msssim"].startswith("1.000")


def test_cells_that_took_no_part_are_named_with_their_reason(visit: Visit, leaderboard: Path) -> None:
    notes = visit(leaderboard).locator("article:not([hidden]) > .worst-notes").filter(has_text="identity")
    for words in (
        "identity, seed 0: siamese took no part: FAILED: loss became NaN at step 120.",
        "identity, seed 0: blind took no part: INVALID: missed the planted leak identity.",
        "identity, seed 0: slow took no part: TIMEOUT: stopped after 600 s.",
        "proxy, seed 0: siamese took no part: the linkage file is missing beside the record",
        "identity, seed 0 has no rank: siamese judged other defenses but not this one",
    ):
        expect(notes).to_contain_text(words)


def test_the_worst_case_sorts_by_its_headers(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    worst_table(page).get_by_role("button", name="AUC", exact=True).click()
    rising = [text.strip() for text in worst_table(page).locator("tbody th").all_inner_texts()]
    assert (rising[0], rising[-1]) == ("deformation", "identity")


@pytest.mark.parametrize(
    ("defense", "attack", "words"),
    [
        ("mixup", "siamese", "OK: The attack ran to its end"),
        (
            "identity",
            "blind",
            "INVALID: The attack missed a leak that was planted for it to find",
        ),
        ("identity", "siamese", "FAILED: The attack stopped with an error"),
        ("identity", "slow", "TIMEOUT: The attack was stopped at its time limit"),
    ],
)
def test_the_state_of_a_cell_is_told_in_words(
    visit: Visit, leaderboard: Path, defense: str, attack: str, words: str
) -> None:
    expect(opened(visit(leaderboard), defense, attack).locator(".notice")).to_contain_text(words)


def test_the_details_hold_card_checks_controls_verification_and_risk(visit: Visit, leaderboard: Path) -> None:
    details = opened(visit(leaderboard), "mixup", "siamese")
    for title in (
        "Threat card",
        "Known-answer checks",
        "The score among its controls",
        "Verification: one person or two?",
        "Residual risk",
        "If a key were used twice",
        "Worst case of the defense",
    ):
        expect(details.get_by_role("heading", name=title)).to_be_visible()
    expect(details).to_contain_text("smallest supported FPR 0.4")
    expect(details.locator("svg.roc")).to_be_visible()
    expect(details.locator("svg.curve")).to_have_count(4)


def test_a_missing_linkage_is_said_in_the_cell(visit: Visit, leaderboard: Path) -> None:
    expect(opened(visit(leaderboard), "proxy", "siamese")).to_contain_text(
        "Takes no part: the linkage file is missing beside the record; run its command again."
    )


def test_groups_of_one_data_set_say_what_parts_them(visit: Visit, leaderboard: Path) -> None:
    apart = visit(leaderboard).locator(".apart")
    expect(apart).to_have_count(2)
    expect(apart.first).to_contain_text("the preset differs (")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_new_text_stands_out_from_its_ground(visit: Visit, leaderboard: Path, scheme: str) -> None:
    page = visit(leaderboard, scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_but_the_tables_scrolls_sideways(visit: Visit, leaderboard: Path, width: int) -> None:
    page = visit(leaderboard, width=width)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    tables = page.locator("article:is(.worst-case, .board) > .scroll:visible")
    wider = tables.evaluate_all("all => all.map(box => box.scrollWidth > box.clientWidth)")
    assert wider == [width < 1280] * len(wider)
