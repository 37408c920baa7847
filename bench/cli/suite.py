"""The whole suite against one defense as a table on a terminal, or as JSON."""

import json
from collections.abc import Sequence

from rich.console import Console

from bench.cli.sheet import Head, Sheet
from bench.runner.adaptive import Tried, worst, worst_on_membership, worst_on_traits


def print_suite(defense: str, tried: Sequence[Tried]) -> None:
    """A row for every attack, the worst case in a sentence, then where the records are."""
    console = Console(highlight=False)
    heads = [Head("attack", numeric=False), Head("state", numeric=False), Head("mAP [95 % interval]"), Head("AUC")]
    table = Sheet(f"{defense} against every attack (higher is worse)", heads)
    most = worst(tried)
    for one in tried:
        table.add_row(one.attack, _state(one), _map(one), _auc(one), style="bold" if one is most else None)
    table.print(console)
    for one in tried:
        reason = one.reason if one.outcome is None else one.outcome.record.reason
        if reason is not None:
            console.print(f"{one.attack}: {reason}", style="yellow", soft_wrap=True, markup=False)
    if most is None:
        console.print(f"{defense} is unproven: no valid attack", style="bold red", soft_wrap=True)
    else:
        console.print(f"worst case of {defense}: {most.attack}, mAP {most.score}", style="bold", soft_wrap=True)
    told = worst_on_membership(tried)
    if told is not None:
        console.print(
            f"who was in the training data: {told.attack}, AUC {told.score} (chance 0.500)",
            style="bold",
            soft_wrap=True,
        )
    traits = worst_on_traits(tried)
    if traits is not None:
        console.print(
            f"age and sex: {traits.attack}, AUC {traits.score} (chance {_chance(traits)})", style="bold", soft_wrap=True
        )
    for one in tried:
        if one.outcome is not None:
            console.print(f"record  {one.outcome.path}", soft_wrap=True, markup=False)


def suite_as_json(defense: str, tried: Sequence[Tried]) -> str:
    """The names of the worst valid attacks (null: unproven), why attacks do not fit, and every record."""
    most, told, traits = worst(tried), worst_on_membership(tried), worst_on_traits(tried)
    return json.dumps(
        {
            "defense": defense,
            "worst": None if most is None else most.attack,
            "worst on membership": None if told is None else told.attack,
            "worst on traits": None if traits is None else traits.attack,
            "not fitting": {one.attack: one.reason for one in tried if one.outcome is None},
            "records": [one.outcome.record.model_dump(mode="json") for one in tried if one.outcome is not None],
        },
        indent=2,
    )


def _state(one: Tried) -> str:
    return "does not fit" if one.outcome is None else one.outcome.record.status.value.upper()


def _chance(one: Tried) -> str:
    record = None if one.outcome is None else one.outcome.record
    chance = None if record is None or record.privacy is None else record.privacy.scores[record.privacy.headline].chance
    return "-" if chance is None else f"{chance:.3f}"


def _map(one: Tried) -> str:
    return "-" if one.score is None or one.about_membership or one.about_traits else str(one.score)


def _auc(one: Tried) -> str:
    if one.score is None or one.outcome is None or one.outcome.record.privacy is None:
        return "-"
    view = one.outcome.record.privacy.verification
    return str(one.score if view is None else view.auc)
