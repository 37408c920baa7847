"""Which attacks each defense has not met."""

from bench.leaderboard.grouping import groups_of
from bench.leaderboard.missing import missing
from tests.gallery import gallery


def test_what_no_record_shows_is_missing_seed_by_seed() -> None:
    found = missing(groups_of(gallery()), ["nearest-neighbor", "siamese", "new"])
    told = [(one.record.data.synthetic, one.defense.split()[0], one.record.seed, one.attacks) for one in found]
    assert sorted(told) == [
        (False, "deformation", 0, ("new",)),  # the one that failed was run
        (False, "identity", 0, ("new",)),
        (False, "mixup", 0, ("new",)),
        (False, "mixup", 1, ("siamese", "new")),
        (True, "deformation", 0, ("nearest-neighbor", "new")),
        (True, "identity", 0, ("siamese", "new")),
        (True, "mixup", 0, ("siamese", "new")),
    ]


def test_nothing_is_missing_of_nothing() -> None:
    assert missing(groups_of(gallery()), []) == []
