"""What a reader of a group's numbers must know of where they come from, in plain sentences."""

from bench.leaderboard.grouping import GroupKey

_PRESETS = {
    "smoke": "Preset smoke trains for seconds: it shows that the software runs, and its numbers mean nothing.",
    "quick": "Preset quick trains for minutes: Dice is far below what full training gives, and a few hundredths "
    "between two defenses mean nothing, for other keys and another training change as much.",
}
_VISITS = {
    "simulated": "Both visits of a person are made from one scan; as a rule recognition is then easier than in life.",
    "none": "Everybody has one scan: nothing is known of recognising somebody at a second visit.",
}


def caveats(key: GroupKey) -> list[str]:
    """Sentences about the preset, and about second visits of real people."""
    found = [_PRESETS.get(key.preset), None if key.synthetic else _VISITS.get(key.revisits)]
    return [sentence for sentence in found if sentence is not None]
