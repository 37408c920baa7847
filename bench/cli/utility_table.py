"""The utility of a record on a terminal."""

from bench.cli.sheet import Sheet, row_of, sheet_of
from bench.records.parts import Interval
from bench.records.schema import Record
from bench.records.utility import least_reliable


def utility_table(record: Record) -> Sheet:
    """Dice per class beside how reliable an answer is, then along whatever was varied."""
    table = sheet_of("Utility: what the hospital gets back", "class", "Dice [95 % interval]", "test-retest ICC")
    for name, dice in record.utility.dice.items():
        icc = record.utility.stability[name]
        reliability = Interval(value=icc.icc, low=icc.low, high=icc.high, n=icc.n)
        table.add_row(name, str(dice), str(reliability))
    table.add_row("average", str(record.utility.dice_average), style="bold")
    if len(record.utility.dice_by_key) > 1:
        table.add_row("average under each set of keys", row_of(record.utility.dice_by_key))
    if len(record.utility.dice_by_queries) > 1:
        table.add_section()
        for point in record.utility.dice_by_queries:
            table.add_row(f"average at K = {point.queries}", str(point.dice))
    if record.utility.dice_by_dial is not None:
        table.add_section()
        for at in record.utility.dice_by_dial.points:
            least = least_reliable(at.stability)
            lowest = "" if least is None else f"{least:.3f} (lowest)"
            table.add_row(f"one query at {record.utility.dice_by_dial.name} = {at.value:g}", str(at.dice), lowest)
    if record.utility.hd95_mm:
        table.add_section()
        for name, distance in record.utility.hd95_mm.items():
            table.add_row(f"HD95 of {name} in mm", _in_millimetres(distance))
    if record.utility.uncertainty is not None:
        table.add_section()
        table.add_row("AUROC of the uncertainty against errors", str(record.utility.uncertainty.auroc))
        table.add_row("AUROC of 1 - probability against errors", str(record.utility.uncertainty.baseline_auroc))
    if record.utility.self_checks:
        table.add_section()
        for name, value in record.utility.self_checks.items():
            table.add_row(f"self-check: {name.replace('_', ' ')}", str(value))
    return table


def _in_millimetres(distance: Interval) -> str:
    """With one decimal, as a voxel is millimetres."""
    if distance.value is None:
        return "-"
    if distance.low is None or distance.high is None:
        return f"{distance.value:.1f}"
    return f"{distance.value:.1f} [{distance.low:.1f}, {distance.high:.1f}]"
