"""What every defense costs whoever uses it: time, bytes, training, size. No attack changes any of that."""

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bench.leaderboard.entry import Entry
from bench.leaderboard.numbers import DASH, about, finite, megabytes, milliseconds
from bench.leaderboard.tables.table import Cell, Column

TITLE = "What each defense costs"
NOTE = (
    "Computing time, bytes and training as measured beside the attacks, for one scan and all its queries; the median "
    "where a defense was measured several times, with the least and the most below it. Machines differ: compare within "
    "one."
)


@dataclass(frozen=True)
class Spread:
    """One cost over all measurements: median, least and most; None throughout if it was never measured."""

    median: float | None
    least: float | None
    most: float | None


@dataclass(frozen=True)
class CostRow:
    """One defense.

    Attributes:
        client_ms, server_ms: computing time for one scan, all queries.
        sent_mb, received_mb: megabytes of 10^6 bytes for one scan, all queries.
        training_s: seconds of training.
        client_parameters, server_parameters: numbers that were trained, on either side.
        machines: where it was measured, in words.
    """

    defense: str
    client_ms: Spread
    server_ms: Spread
    sent_mb: Spread
    received_mb: Spread
    training_s: Spread
    client_parameters: Spread
    server_parameters: Spread
    machines: tuple[str, ...]


def costs_of(entries: Sequence[Entry], order: Iterable[str] = ()) -> list[CostRow]:
    """A row for every defense.

    Args:
        entries: all cells.
        order: names of defenses that stand first; the others follow in the order of their cells.
    """
    cells: dict[str, list[Entry]] = {name: [] for name in order}
    for entry in entries:
        cells.setdefault(entry.defense, []).append(entry)
    return [_row(name, found) for name, found in cells.items() if found]


def cost_columns() -> list[Column[CostRow]]:
    """The columns; keys differ from those of other tables, for not every table has room for all of them."""
    return [
        Column("defense", "Defense", "what the hospital does to a scan before sending it", False, _defense),
        _column("cost-client", "Client ms", "the hospital's computing time for one scan", lambda row: row.client_ms),
        _column("cost-server", "Server ms", "the server's computing time for one scan", lambda row: row.server_ms),
        _column("cost-sent", "MB sent", "megabytes that leave the hospital for one scan", lambda row: row.sent_mb),
        _column("cost-received", "MB received", "megabytes that come back for one scan", lambda row: row.received_mb),
        _column("cost-training", "Train s", "seconds of training, once for all scans", lambda row: row.training_s),
        _column(
            "cost-client-size",
            "Client size",
            "trained parameters that the hospital holds",
            lambda row: row.client_parameters,
            whole=True,
        ),
        _column(
            "cost-server-size",
            "Server size",
            "trained parameters that the server holds",
            lambda row: row.server_parameters,
            whole=True,
        ),
        Column("cost-machine", "Measured on", "device and processor, threads", False, _machine),
    ]


def _row(name: str, entries: Sequence[Entry]) -> CostRow:
    records = [entry.record for entry in entries]
    costs, sizes = [record.cost for record in records], [record.defense for record in records]
    machines = (
        f"{one.device}, {one.processor}, {one.threads} {'thread' if one.threads == 1 else 'threads'}"
        for one in (record.environment for record in records)
    )
    return CostRow(
        defense=name,
        client_ms=_spread(milliseconds(cost.client_seconds) for cost in costs),
        server_ms=_spread(milliseconds(cost.server_seconds) for cost in costs),
        sent_mb=_spread(megabytes(cost.bytes_sent) for cost in costs),
        received_mb=_spread(megabytes(cost.bytes_received) for cost in costs),
        training_s=_spread(finite(cost.training_seconds) for cost in costs),
        client_parameters=_spread(float(size.parameters_client) for size in sizes),
        server_parameters=_spread(float(size.parameters_server) for size in sizes),
        machines=tuple(sorted(set(machines))),
    )


def _spread(values: Iterable[float | None]) -> Spread:
    """Cells that took networks and traffic out of one cache repeat one measurement, which counts once."""
    known = sorted({value for value in values if value is not None})
    return Spread(statistics.median(known), known[0], known[-1]) if known else Spread(None, None, None)


def _column(
    key: str, title: str, hint: str, of: Callable[[CostRow], Spread], *, whole: bool = False
) -> Column[CostRow]:
    def told(value: float | None) -> str:
        return about(value) if value is None or not whole else f"{value:,.0f}"

    def cell(row: CostRow) -> Cell:
        found = of(row)
        ends = [told(found.least), told(found.most)]
        return Cell(told(found.median), "" if ends[0] == ends[1] else " to ".join(ends), found.median)

    return Column(key, title, hint, True, cell)


def _defense(row: CostRow) -> Cell:
    return Cell(row.defense, "", row.defense)


def _machine(row: CostRow) -> Cell:
    first, *others = row.machines or (DASH,)
    return Cell(first, f"and {len(others)} {'other' if len(others) == 1 else 'others'}" if others else "", first)
