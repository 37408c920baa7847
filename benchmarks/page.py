"""The leaderboard page of five hundred records in a real browser: first paint, and what a press on a heading takes."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.leaderboard.build import build
from bench.records.schema import Record
from benchmarks.timing import Row, Spent, once
from tests.factories import interval, make_record

DEFENSES, ATTACKS, LOADS = 20, 25, 5
LAUNCH = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
_PRESS = """() => Array.from(document.querySelectorAll(".board th button")).slice(4, 9).map((button) => {
  const start = performance.now();
  button.click();
  document.body.offsetHeight; // wait for the layout
  return performance.now() - start;
})"""
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"


def measure() -> Iterator[Row]:
    """Made-up records; the browser's own clock."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("no chromium on this machine; install it (Debian: apt install chromium)")
    count = DEFENSES * ATTACKS
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        records = [(Path(folder) / f"{number}.json", record) for number, record in enumerate(_records())]
        built = once(lambda: build(records, Path(folder) / "site"))
        page_file = Path(folder) / "site" / "index.html"
        yield Row(f"building the page of {count} records", [built], note=f"{page_file.stat().st_size / 1e6:.1f} MB")
        browser = playwright.chromium.launch(executable_path=chromium, args=[*LAUNCH])
        paints, short, long = [], [], []
        for _ in range(LOADS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(page_file.as_uri())
            paints.append(_seconds(page.evaluate(_PAINT)))
            short += _pressed(page)
            page.locator(".more:visible").first.click()
            long += _pressed(page)
            page.close()
        browser.close()
    yield Row(f"page of {count} records: first paint", paints, note="clock of the browser")
    yield Row(f"page of {count} records: one sort", short, note="clock of the browser; the first 100 rows are shown")
    yield Row(f"page of {count} records: one sort, all rows shown", long, note="clock of the browser")


def _pressed(page: Page) -> list[Spent]:
    return [_seconds(found) for found in page.evaluate(_PRESS)]


def _seconds(milliseconds: float) -> Spent:
    return Spent(milliseconds / 1000, 0.0)


def _records() -> Iterator[Record]:
    for place in range(DEFENSES * ATTACKS):
        defense, attack = divmod(place, ATTACKS)
        score = 0.1 + ((attack * 7 + defense * 3) % ATTACKS) / 30
        yield make_record(
            cell=f"{place:016x}",
            defense={"name": f"defense-{defense}"},
            attack={"name": f"attack-{attack}", "threat": {"tier": attack % 3}},
            utility={"dice_average": interval(0.5 + defense / 50)},
            privacy={"scores": {"map": {"value": interval(score), "chance": 0.1}}, "headline": "map"},
        )
