"""axe-core's rules for WCAG 2 A and AA over the whole page, and what it looks like."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from bench.leaderboard.build import build
from tests.browser.judged import judged_gallery
from tests.gallery import gallery

pytestmark = pytest.mark.browser
Visit = Callable[..., Page]
ARTIFACTS = Path(__file__).parents[2] / "test-artifacts"
"""For people to look at; no part of the project."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (1280, "dark"), (380, "light"))


@pytest.fixture(scope="module")
def leaderboard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("accessible")
    return build([*gallery(), *judged_gallery(folder)], folder / "site")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_axe_finds_nothing_serious(visit: Visit, leaderboard: Path, width: int, scheme: str) -> None:
    page = visit(leaderboard, width=width, scheme=scheme)
    if (width, scheme) == LOOKS[0]:  # once is enough: every rule over all details takes half a minute
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        # What is off the screen is not laid out, and is measured where it does not lie, on top of what follows.
        page.locator(".defense").evaluate_all("all => all.forEach(one => { one.style.contentVisibility = 'visible'; })")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [said(rule) for rule in found if rule["impact"] in ("serious", "critical", "moderate")] == []


def said(rule: dict[str, Any]) -> str:
    return f"{rule['impact']} {rule['id']}: {[node['html'][:120] for node in rule['nodes'][:3]]}"


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_a_screenshot_is_kept(visit: Visit, leaderboard: Path, width: int, scheme: str) -> None:
    page = visit(leaderboard, width=width, scheme=scheme)
    kept = ARTIFACTS / f"leaderboard-{width}-{scheme}.png"
    page.screenshot(path=kept, full_page=True)
    assert kept.stat().st_size > 20_000
