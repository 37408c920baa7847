"""The page: one HTML file that holds all it needs and is forbidden to fetch anything."""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench.leaderboard.grouping import Group
from bench.leaderboard.numbers import about, bounds, fixed, megabytes, milliseconds, percent
from bench.leaderboard.page.glossary import example
from bench.leaderboard.page.inline import inline_json
from bench.leaderboard.page.matrix import BAND_WORDS
from bench.leaderboard.page.rows import group_views
from bench.leaderboard.variants import setting_text
from bench.records.score_names import shown
from bench.records.utility import least_reliable

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ("sorting.js", "choosing.js", "page.js")


def page(groups: Sequence[Group], numbers: str) -> str:
    """The whole page.

    Args:
        groups: what to show.
        numbers: the same rows as JSON text, for readers who want to save them.
    """
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    script = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in SCRIPTS)
    records = [entry.record for group in groups for board in group.boards for entry in board.entries]
    html = (
        _environment()
        .get_template("page.html.j2")
        .render(
            groups=group_views(groups),
            bands=BAND_WORDS,
            example=example(),
            count=len(records),
            versions=sorted({record.unveil_version for record in records}),
            newest=max(record.created for record in records),
            policy=_policy(style, script),
            style=Markup(style),
            script=Markup(script),
            numbers=inline_json(numbers),
        )
    )
    # JSON can hold half a surrogate pair, which no UTF-8 file can.
    return html.encode("utf-8", "backslashreplace").decode("utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = {"fixed": fixed, "bounds": bounds, "about": about, "megabytes": megabytes, "milliseconds": milliseconds}
    environment.filters |= {**filters, "shown": shown, "setting": setting_text, "percent": percent}
    environment.filters |= {"least_reliable": least_reliable}
    return environment


def _policy(style: str, script: str) -> str:
    """Content security policy: no network at all, and no style or script but these two."""
    return (
        "default-src 'none'; img-src data:; "
        f"style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
