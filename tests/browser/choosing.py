"""What readers do on the page, and what they see then."""

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Page


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"#controls [name={name}]").select_option(value)


def pick(page: Page, name: str, value: str) -> None:
    page.locator(f"#g1-overview [name={name}]").select_option(value)


def rows(page: Page) -> Locator:
    return page.locator(".board tbody tr:visible")


def drawn(page: Page) -> list[str]:
    """Tooltips of the marks of the first picture that can be seen, numbers from papers left out."""
    found = page.locator("#g1-overview svg.wide .point:not(.gone) > title").all_text_contents()
    return [title for title in found if "reported" not in title]


def address(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)
