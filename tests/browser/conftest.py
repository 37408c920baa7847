"""Debian's Chromium, without any network."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Route, sync_playwright

LAUNCH = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine; install Debian's package chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*LAUNCH])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a file; when the test ends, nothing else may have been asked for and nothing may have gone wrong."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_file(file: Path, width: int = 1280, scheme: Literal["light", "dark"] = "light") -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()

        def only_the_file(route: Route) -> None:
            if re.split("[?#]", route.request.url)[0] == file.as_uri():
                route.continue_()
            else:
                wrong.append(f"asked for {route.request.url}")
                route.abort()

        def refuse(dialog: Dialog) -> None:
            wrong.append(f"dialog {dialog.message}")
            dialog.dismiss()

        page.route("**/*", only_the_file)
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", refuse)
        page.set_default_timeout(8_000)
        page.goto(file.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert wrong == []
