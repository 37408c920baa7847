"""The leaderboard page of five hundred real records in a real browser: first paint, sorting, another choice."""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.leaderboard.build import build
from bench.leaderboard.gathering import gathered
from bench.records.schema import Record
from benchmarks.timing import Row, Spent, once

RECORDS, LOADS = 500, 5
RESULTS = Path(__file__).parents[1] / "leaderboard" / "results"
LAUNCH = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
_PRESS = """() => {
  const tables = Array.from(document.querySelectorAll(".board table")).sort((a, b) => b.rows.length - a.rows.length);
  return Array.from(tables[0].querySelectorAll("th button")).slice(4, 9).map((button) => {
    const start = performance.now();
    button.click();
    document.body.offsetHeight; // wait for the layout
    return performance.now() - start;
  });
}"""
_CHOOSE = """() => ["0", "1", "2", "4"].map((tier) => {
  const choice = document.querySelector("[name=tier]");
  const start = performance.now();
  choice.value = tier;
  choice.dispatchEvent(new Event("input", { bubbles: true }));
  document.body.offsetHeight;
  return performance.now() - start;
})"""
_ROWS = "Math.max(...Array.from(document.querySelectorAll('.board tbody'), (body) => body.rows.length))"
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_LOADED = "performance.timing.loadEventEnd - performance.timing.navigationStart"


def measure() -> Iterator[Row]:
    """Our own records with their linkages, some again as another seed; the browser's own clock."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("no chromium on this machine; install it (Debian: apt install chromium)")
    records = _records()
    page_of = f"page of {len(records)} records"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        built = once(lambda: build(records, Path(folder)))
        page_file = Path(folder) / "index.html"
        yield Row(f"building the {page_of}", [built], note=f"{page_file.stat().st_size / 1e6:.1f} MB")
        browser = playwright.chromium.launch(executable_path=chromium, args=[*LAUNCH])
        paints, loads, short, long, choices = [], [], [], [], []
        for _ in range(LOADS):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(page_file.as_uri())
            paints.append(_seconds(page.evaluate(_PAINT)))
            loads.append(_seconds(page.evaluate(_LOADED)))
            short += _all(page, _PRESS)
            choices += _all(page, _CHOOSE)
            rows = page.evaluate(_ROWS)
            page.evaluate("document.querySelectorAll('.more').forEach((button) => button.click())")
            long += _all(page, _PRESS)
            page.close()
        browser.close()
    clock = "clock of the browser"
    yield Row(f"{page_of}: first paint", paints, note=clock)
    yield Row(f"{page_of}: loaded", loads, note=clock)
    yield Row(f"{page_of}: one sort", short, note=f"{clock}; first 100 of {rows} rows shown")
    yield Row(f"{page_of}: one sort, all rows shown", long, note=clock)
    yield Row(f"{page_of}: other attackers chosen", choices, note=f"{clock}; tables, pictures and curves follow")


def _all(page: Page, script: str) -> list[Spent]:
    return [_seconds(found) for found in page.evaluate(script)]


def _seconds(milliseconds: float) -> Spent:
    return Spent(milliseconds / 1000, 0.0)


def _records() -> list[tuple[Path, Record]]:
    found = gathered([RESULTS])
    again = (
        (path, record.model_copy(update={"seed": record.seed + seed, "cell": f"{place:016x}"}))
        for seed in range(1, 1 + RECORDS // len(found))
        for place, (path, record) in enumerate(found, start=seed * len(found))
    )
    return list(chain(found, again))[:RECORDS]
