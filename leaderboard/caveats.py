"""What a reader of a group's numbers must know of where they come from, in plain sentences."""

from bench.leaderboard.grouping import Group

_PRESETS = {
    "smoke": "Preset smoke trains for seconds: it shows that the software runs, and its numbers mean nothing.",
    "quick": "Preset quick trains for minutes: Dice is far below what full training gives. Intervals and ranks are "
    "over people, not over trainings: where we repeated some on another processor, Dice left its interval about every "
    "second time, mostly by some hundredths, once by .4.",
}
_VISITS = {
    "simulated": "Both visits of a person are made from one scan; recognition is usually easier than with real ones.",
    "none": "Everybody has one scan: nothing is known of recognising somebody at a second visit.",
}


def caveats(group: Group) -> list[str]:
    """Sentences about the preset, about second visits of real people, and about attacks whose code changed."""
    key = group.key
    found = [_PRESETS.get(key.preset), None if key.synthetic else _VISITS.get(key.revisits)]
    return [*(sentence for sentence in found if sentence is not None), *_versions(group)]


def _versions(group: Group) -> list[str]:
    """Attacks that met one defense in one version and another one in another: the difference may be the version's."""
    made: dict[str, set[str]] = {}
    for entry in group.entries:
        if entry.record.attack.code_hash is not None:
            made.setdefault(entry.record.attack.name, set()).add(entry.record.attack.code_hash)
    changed = sorted(name for name, hashes in made.items() if len(hashes) > 1)
    if not changed:
        return []
    return [f"Code changed between cells of {', '.join(changed)}: their numbers may differ by that between defenses."]
