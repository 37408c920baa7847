"""Which scores a record of every goal may hold, and which of them the leaderboard shows."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bench.types.threat import GALLERIES, Goal

HEADLINES: Mapping[Goal, str] = MappingProxyType(
    {
        Goal.LINKAGE: "map",
        Goal.RECONSTRUCTION: "map",
        Goal.LABELS: "map",
        Goal.MEMBERSHIP: "auc",
        Goal.ATTRIBUTE: "worst_trait",
    }
)
"""The score that the leaderboard shows. One a goal, so that nobody chooses how an attack or a defense is judged."""
RETRIEVAL = ("map", "macro_f1", "rank1", "cmc5")
"""Of every attack whose claim comes down to a linkage; all follow from the linkage."""
_OTHERS: Mapping[Goal, tuple[str, ...]] = {
    Goal.LINKAGE: ("alpha_error",),
    Goal.RECONSTRUCTION: ("alpha_error", "ms_ssim", "psnr", "ncc", "ms_ssim_better_of_two"),
    Goal.LABELS: ("alpha_error", "dice", "dice_recovered", "either_dice"),
    Goal.MEMBERSHIP: ("auc", "advantage"),
    Goal.ATTRIBUTE: ("worst_trait", "age_concordance", "age_error_years", "sex_auc"),
}
LOWER_IS_WORSE = frozenset({"alpha_error", "age_error_years"})
"""Errors of the attacker: the smaller, the worse for the patient."""


def scores_of(goal: Goal, classes: Sequence[str]) -> tuple[str, ...]:
    """Names of the scores that attacks with this goal may have.

    Args:
        goal: the attack's.
        classes: foreground classes of the data, each with a Dice of its own where label maps are the goal.
    """
    retrieval = RETRIEVAL if goal in GALLERIES else ()
    by_class = tuple(f"dice_{name}" for name in classes) if goal is Goal.LABELS else ()
    return (*retrieval, *_OTHERS[goal], *by_class)
