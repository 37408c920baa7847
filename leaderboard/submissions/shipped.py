"""What this version knows for itself: its presets, and what datasets and attacks that it ships say of themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from bench.attack import Attack
from bench.config import PRESETS
from bench.dataset import Dataset
from bench.plugin import Plugin
from bench.records.entries import ThreatCard
from bench.records.schema import Record
from bench.registry import Registry

OWN = "bench."
"""What the module of a plugin begins with that comes with this package."""
CLOCKS_DIFFER = timedelta(days=1)


def contradictions(record: Record) -> Iterator[str]:
    """A line for everything that a record says of these otherwise."""
    registry = Registry()
    if record.preset not in PRESETS:
        yield f"preset {record.preset[:100]!r} is none of {', '.join(PRESETS)}"
    attack = _shipped(registry, "attacks", record.attack.name)
    if attack is not None and issubclass(attack, Attack):
        yield from _about_card(record, ThreatCard.of(attack.goal, attack.threat))
    yield from about_origin(record, registry)
    try:
        created = datetime.fromisoformat(record.created)
        late = created > datetime.now(UTC) + CLOCKS_DIFFER
    except (ValueError, TypeError):  # no date at all, or one of no time zone
        yield f"created {record.created[:40]!r} is no date with a time zone"
        return
    if late:
        yield f"created {record.created}, which is still to come"


def about_origin(record: Record, registry: Registry) -> Iterator[str]:
    """A line if scans of one of our own datasets are called real and are made up, or the other way round."""
    dataset = _shipped(registry, "datasets", record.data.name)
    if dataset is not None and issubclass(dataset, Dataset) and dataset.synthetic != record.data.synthetic:
        said, known = ("made up" if made_up else "real" for made_up in (record.data.synthetic, dataset.synthetic))
        yield f"the record says that scans of {record.data.name} are {said}; they are {known}"


def _about_card(record: Record, known: ThreatCard) -> Iterator[str]:
    said, true = record.attack.threat.model_dump(), known.model_dump()
    differing = [f"{name} {said[name]!r} instead of {true[name]!r}" for name in true if said[name] != true[name]]
    if differing:
        yield f"threat card of {record.attack.name}: {', '.join(differing)}"


def _shipped(registry: Registry, kind: str, name: str) -> type[Plugin] | None:
    """The plugin of this name, if there is one and it is our own."""
    for entry in registry.of(kind):
        if entry.name == name and entry.origin.startswith(OWN) and entry.defect is None:
            return entry.load()
    return None
