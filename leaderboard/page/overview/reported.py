"""Numbers that the Mixup-Privacy paper prints, measured by its authors on their data.

Source: Kim et al., "Mixup-Privacy: A simple yet effective approach for privacy-preserving segmentation", IPMI 2023,
Tables 1 and 2. Averages of Privacy-Net and Deformation-Proxy are means of the three printed classes.
"""

from dataclasses import dataclass

from bench.leaderboard.page.overview.utility import AVERAGE, WORST

CLASSES = ("GM", "WM", "CSF")
SOURCE = "Mixup-Privacy (IPMI 2023), Tables 1 and 2"


@dataclass(frozen=True)
class Reported:
    """One row.

    Attributes:
        data: the cohort that it was measured on.
        dice: average over classes.
        classes: Dice of GM, WM and CSF; None where only the average is printed.
        mean_average_precision: of re-identification by MS-SSIM; None where none is printed.
    """

    method: str
    data: str
    dice: float
    classes: tuple[float, float, float] | None = None
    mean_average_precision: float | None = None

    def dice_of(self, utility: str) -> float | None:
        """Dice of this choice (`page.overview.utility`); None where the paper does not print it."""
        if utility == AVERAGE:
            return self.dice
        if self.classes is None:
            return None
        return min(self.classes) if utility == WORST else dict(zip(CLASSES, self.classes, strict=True)).get(utility)


def _by_class(method: str, classes: tuple[float, float, float], found: float) -> Reported:
    return Reported(method, "PPMI", sum(classes) / len(classes), classes, found)


REPORTED = (
    Reported("no proxy", "PPMI", 0.896, None, 0.998),
    _by_class("Privacy-Net", (0.905, 0.804, 0.732), 0.202),
    _by_class("Deformation-Proxy", (0.889, 0.825, 0.757), 0.147),
    Reported("naive", "PPMI", 0.693),
    Reported("naive, TTA", "PPMI", 0.825),
    Reported("learned", "PPMI", 0.840),
    Reported("learned, TTA", "PPMI", 0.889, None, 0.352),
    Reported("no proxy", "BraTS 2021", 0.847),
    Reported("naive", "BraTS 2021", 0.661),
    Reported("naive, TTA", "BraTS 2021", 0.772),
    Reported("learned", "BraTS 2021", 0.803),
    Reported("learned, TTA", "BraTS 2021", 0.840),
)
"""The paper gives one re-identification row for mixing, without saying whether it is with TTA; it stands at the method
that the paper recommends."""
