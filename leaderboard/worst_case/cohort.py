"""Linkages can be judged together only if they are about the same scans of the same people."""

from collections import Counter
from collections.abc import Sequence

from bench.errors import BenchError
from bench.leaderboard.entry import Entry


def require_one_cohort(people: Sequence[tuple[Entry, tuple[str, ...]]]) -> None:
    """Refuse linkages that are about others than most are; those that were run again alone say who.

    Args:
        people: of every cell the hashed person behind every scan.

    Raises:
        BenchError: some are about other people, or hold the scans in another order.
    """
    votes = Counter(names for entry, names in people if entry.verified) or Counter(names for _, names in people)
    ordered = votes.most_common()
    usual = ordered[0][0] if ordered else ()
    odd = [(entry, names) for entry, names in people if names != usual]
    if not odd:
        return
    entry, names = odd[0]
    alike = next(other for other, found in people if found == usual)
    what = "holds the scans in another order" if sorted(names) == sorted(usual) else "is about other people"
    if len(ordered) > 1 and ordered[0][1] == ordered[1][1]:
        raise BenchError(
            f"the linkage file beside {entry.path} {what} than the one beside {alike.path}, and nothing says which is "
            "right; run both commands again on the same data, or leave one out"
        )
    raise BenchError(
        f"the linkage file beside {entry.path} {what} than {len(people) - len(odd)} of {len(people)} about the same "
        f"data, such as the one beside {alike.path}; run its command again on the same data, or leave it out"
    )
