"""Everything the template needs for one cell: its row of the table and its details."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from bench.leaderboard.entry import Entry
from bench.leaderboard.page.cell_figures import Figure, cell_figures
from bench.leaderboard.page.facts import (
    Fact,
    check_facts,
    confound_facts,
    control_facts,
    lost_facts,
    residual_facts,
    trait_facts,
)
from bench.leaderboard.page.provenance import provenance_facts
from bench.leaderboard.page.state_words import STATES
from bench.leaderboard.page.verification_words import membership_facts, verification_facts
from bench.leaderboard.pictures import DRAWN_AGAIN, Picture, picture
from bench.leaderboard.tables.table import Cell, Column
from bench.leaderboard.threat_words import card_in_words
from bench.leaderboard.worst_case.view import part_of
from bench.types.threat import Goal


@dataclass(frozen=True, eq=False)
class Row:
    """One row and its details.

    Attributes:
        ident: unique on the page; made of counters, never of anything a record says.
        state: what the state says and does not say.
        part: what the cell adds to the worst case of its defense.
        facts: titled lists of lines about the attack.
        pictures_left_out: how many listed pictures could not be embedded.
    """

    ident: str
    entry: Entry
    cells: tuple[tuple[Column[Entry], Cell], ...]
    icon: Markup
    card: list[tuple[str, str]]
    state: str
    part: str
    facts: tuple[tuple[str, list[Fact]], ...]
    figures: tuple[Figure, ...]
    pictures: tuple[Picture, ...]
    pictures_left_out: int

    @property
    def tier(self) -> int:
        """Strength of the attacker, for what shows and hides rows."""
        return self.entry.record.attack.threat.tier


def row_of(entry: Entry, columns: Sequence[Column[Entry]], icon: Markup, known: dict[int, str], ident: str) -> Row:
    """One row.

    Args:
        entry: the cell.
        columns: of its board.
        icon: marker of its defense.
        known: see `bench.leaderboard.worst_case.view.parts`.
        ident: unique on the page.
    """
    found = [picture(entry.path, name) for name in entry.record.pictures if not name.startswith(DRAWN_AGAIN)]
    embedded = tuple(one for one in found if one is not None)
    return Row(
        ident=ident,
        entry=entry,
        cells=tuple((column, column.cell(entry)) for column in columns),
        icon=icon,
        card=card_in_words(entry.record.attack.threat),
        state=STATES[entry.record.status],
        part=part_of(entry, known),
        facts=tuple((title, facts) for title, facts in _facts(entry) if facts),
        figures=tuple(cell_figures(entry, ident)),
        pictures=embedded,
        pictures_left_out=len(found) - len(embedded),
    )


def _facts(entry: Entry) -> list[tuple[str, list[Fact]]]:
    """What is known about the attack, title by title."""
    validity, privacy = entry.record.validity, entry.privacy
    missing = [Fact("planted leaks", "not looked for", "the checks could not be run")]
    checks = ("Known-answer checks", missing if validity is None else check_facts(validity))
    known = ("How it is known", provenance_facts(entry))
    if privacy is None:
        return [checks, known]
    among = ("The score among its controls", control_facts(entry))
    lost = ("Not measured", lost_facts(privacy.by_queries, privacy.by_dial))
    if entry.record.attack.threat.goal == Goal.MEMBERSHIP:
        return [checks, known, among, ("Trained on or not?", membership_facts(privacy.verification))]
    if entry.record.attack.threat.goal == Goal.ATTRIBUTE:
        return [checks, known, among, ("Trait by trait", trait_facts(privacy)), lost]
    return [
        checks,
        known,
        among,
        ("Verification: one person or two?", verification_facts(privacy.verification)),
        ("Residual risk", residual_facts(privacy.residual)),
        ("If a key were used twice", confound_facts(privacy.confound)),
        lost,
    ]
