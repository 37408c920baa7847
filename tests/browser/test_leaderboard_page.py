"""The page as readers meet it."""

import json
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.leaderboard.build import build, write
from bench.leaderboard.grouping import groups_of
from bench.leaderboard.numbers import DASH
from tests.factories import interval, make_record
from tests.gallery import gallery

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
HEADLINE = "macro-F1"
A4_WIDTH = 1031
"""Pixels of a landscape page less its margins of 12 mm."""


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(gallery(), tmp_path_factory.mktemp("leaderboard"))


def column(page: Page, title: str) -> list[str]:
    """The column of the first table of cells, from top to bottom, without intervals."""
    table = page.locator(".board table").first
    index = table.locator("thead th").all_inner_texts().index(title)
    cells = table.locator("tbody tr").evaluate_all(f"rows => rows.map(row => row.cells[{index}].innerText)")
    return [cell.split("\n")[0].strip() for cell in cells]


def press_header(page: Page, title: str) -> None:
    page.locator(".board table").first.get_by_role("button", name=title, exact=True).click()


def test_the_page_opens_with_a_title_and_one_section_a_group(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    expect(page).to_have_title("Unveil leaderboard")
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    expect(page.locator("section.group")).to_have_count(2)
    expect(page.locator("svg.plot.wide").first).to_be_visible()
    expect(page.locator("svg.plot.narrow").first).to_be_hidden()


def test_headers_sort_by_number_with_dashes_last_in_both_directions(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    press_header(page, HEADLINE)
    rising = column(page, HEADLINE)
    press_header(page, HEADLINE)
    falling = column(page, HEADLINE)
    assert rising == ["0.140", "0.280", "0.310", "0.520", "0.970", "1.000", DASH, DASH]
    assert falling == ["1.000", "0.970", "0.520", "0.310", "0.280", "0.140", DASH, DASH]


def test_numbers_of_different_length_sort_as_numbers(visit: Visit, tmp_path: Path) -> None:
    seconds = (9.0, 100.0, 20.0, None)
    records = [make_record(seed=seed, cost={"attack_seconds": found}) for seed, found in enumerate(seconds)]
    page = visit(build([(tmp_path / "record.json", record) for record in records], tmp_path))
    press_header(page, "Attack s")
    assert column(page, "Attack s") == ["9.00", "20.0", "100", DASH]


def test_what_defenses_cost_sorts_by_every_kind_of_cost(visit: Visit, tmp_path: Path) -> None:
    slow = {"client_seconds": 2.0, "server_seconds": 0.1, "bytes_sent": 10**6, "training_seconds": 30.0}
    fast = {"client_seconds": 0.009, "server_seconds": 0.4, "bytes_sent": 10**7, "training_seconds": 400.0}
    records = [make_record(defense={"name": name}, cost=cost) for name, cost in (("slow", slow), ("fast", fast))]
    page = visit(build([(tmp_path / name, record) for name, record in zip("ab", records, strict=True)], tmp_path))
    table = page.locator(".costs table")
    for title, first in (("Client ms", "fast"), ("Server ms", "slow"), ("MB sent", "slow"), ("Train s", "slow")):
        table.get_by_role("button", name=title, exact=True).click()
        expect(table.locator("tbody th").first).to_have_text(first)
    page.get_by_role("searchbox").fill("fast")
    expect(table.locator("tbody tr:visible")).to_have_count(1)


def test_the_sorted_column_says_so_and_the_others_do_not(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    sorted_headers = page.locator("th[aria-sort]")
    expect(sorted_headers).to_have_count(0)
    press_header(page, HEADLINE)
    press_header(page, "Dice")
    expect(sorted_headers).to_have_count(1)
    expect(sorted_headers).to_have_attribute("aria-sort", "ascending")
    expect(page.get_by_role("status")).to_have_text("Sorted by Dice, ascending")
    press_header(page, "Dice")
    expect(sorted_headers).to_have_attribute("aria-sort", "descending")


def test_the_keyboard_alone_skips_sorts_and_opens_details(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    for name in ("tier", "state", "find"):
        page.keyboard.press("Tab")
        expect(page.locator(f"#controls [name={name}]")).to_be_focused()
    page.locator("article.worst-case:not([hidden]) .scroll").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Rank")
    page.keyboard.press("Space")
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Rank")
    first = page.locator("details.cell").first
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(first.get_by_text("Threat card")).to_be_visible()


def test_the_link_of_a_cell_opens_its_details(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    link = page.locator(".board tbody .column-cell a").first
    link.click()
    expect(page.locator(str(link.get_attribute("href")))).to_have_attribute("open", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground_in_light_and_dark(visit: Visit, leaderboard: Path, scheme: str) -> None:
    page = visit(leaderboard, scheme=scheme)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    poor = page.evaluate(CONTRAST)
    assert poor == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", ground))) < 60) == (scheme == "dark")


@pytest.mark.parametrize("width", [380, 768, 1280])
def test_the_page_never_scrolls_sideways(visit: Visit, leaderboard: Path, width: int) -> None:
    page = visit(leaderboard, width=width)
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.locator("article:is(.worst-case, .board) > .scroll:visible")
    wider = wide.evaluate_all("all => all.map(box => box.scrollWidth > box.clientWidth)")
    assert wider
    assert wider == [width < 1280] * len(wider)  # 1280 pixels hold every column


def test_narrow_screens_get_the_narrow_plot(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard, width=380)
    expect(page.locator("svg.plot.narrow").first).to_be_visible()
    expect(page.locator("svg.plot.wide").first).to_be_hidden()


def test_very_long_names_do_not_widen_the_page(visit: Visit, tmp_path: Path) -> None:
    name = "x" * 300
    record = make_record(defense={"name": name}, attack={"name": name}, data={"name": name}, reason=name)
    record = record.model_copy(update={"command": f"bench run {name} {name}"})
    page = visit(build([(tmp_path / "record.json", record)], tmp_path), width=380)
    assert page.evaluate("document.documentElement.scrollWidth") == 380


def test_scripts_in_a_record_never_run(visit: Visit, tmp_path: Path) -> None:
    code = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>\"><svg onload=window.broken=1>"
    method = {"name": code, "summary": code, "settings": {code: code}}
    score = {"value": interval(0.3), "chance": 0.1}
    record = make_record(
        cell=code,
        command=code,
        reason=code,
        defense=method,
        attack=method,
        data={"name": code, "classes": ["background", code], "notes": [code]},
        privacy={"scores": {code: score}, "headline": code},
        warnings=[code],
        pictures=[code],
    )
    page = visit(write(groups_of([(tmp_path / "record.json", record)]), tmp_path))  # `build` would refuse it
    page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    page.locator(".board th button").first.click()
    assert page.evaluate("window.broken") is None
    expect(page.locator("img")).to_have_count(0)


def test_the_saved_numbers_are_those_of_the_json_file(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the numbers").click()
    assert json.loads(download.value.path().read_text()) == json.loads(
        (leaderboard.parent / "leaderboard.json").read_text()
    )


def test_print_shows_the_wide_plot_and_no_controls(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard, width=380)
    page.emulate_media(media="print")
    expect(page.locator("svg.plot.wide").first).to_be_visible()
    expect(page.locator("form:visible, .skip:visible, #save:visible")).to_have_count(0)


def test_on_paper_no_table_is_wider_than_a_landscape_page(visit: Visit, tmp_path: Path) -> None:
    """Else the browser shrinks all pages; 22 attacks are what our own board has."""
    attacks = [f"reference-dictionary-leaked-{number}" for number in range(22)]
    records = [
        make_record(attack={"name": attack}, defense={"name": defense}, cell=f"{number:016x}")
        for number, (attack, defense) in enumerate(product(attacks, ("deformation-proxy", "mixup-learned-tta")))
    ]
    page = visit(build([(tmp_path / record.cell, record) for record in records], tmp_path / "site"), width=A4_WIDTH)
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".squares thead th").count() == 23
    assert page.evaluate("document.documentElement.scrollWidth") == A4_WIDTH


def test_details_print_only_where_they_are_open(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    page.locator("details.cell").first.locator("summary").click()
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("details.cell[open]")).to_have_count(1)


def test_on_paper_the_columns_of_the_worst_case_are_explained(visit: Visit, leaderboard: Path) -> None:
    page = visit(leaderboard)
    shown = page.locator(".worst-case:not([hidden]) .meanings[open]")
    expect(shown).to_have_count(0)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert shown.count() == page.locator(".worst-case:not([hidden])").count() > 0
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(shown).to_have_count(0)


# WCAG 2.2, 1.4.3: the contrast of text with the nearest opaque ground, at least 4.5.
CONTRAST = """() => {
  const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || ["SCRIPT", "STYLE", "title", "desc"].includes(element.tagName)) continue;
    const style = getComputedStyle(element);
    const ink = element instanceof SVGElement ? style.fill : style.color;
    const [a, b] = [light(parse(ink)), light(ground(element))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(`${element.tagName} ${element.textContent.trim().slice(0, 30)}`);
  }
  return poor;
}"""
