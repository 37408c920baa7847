"""Re-identification by structural similarity.

Source: Kim et al., "Mixup-Privacy", 2023, Sec. 4.1 "Subject re-identification": the identity of a release is predicted
as that of the most similar other release; similarity is MS-SSIM (Wang et al., Asilomar 2003).
Threat model: T0; sees the releases, knows nothing. The queries of a release are averaged first: with several references
and one alpha the target stays and the references fade, so a method that sends K queries is charged for K.
Left open by the paper: what is compared when a release has several queries; window and number of scales. The usual
window of 11 with five scales refuses volumes of the paper's size; ours is a window of 7 with as many scales as fit, and
both stand in the record.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, final

import torch

from bench.attack import Attack
from bench.metrics.msssim import MsSsimSettings, levels_for
from bench.metrics.pairwise_msssim import ms_ssim_matrix
from bench.types.claim import Linkage
from bench.types.threat import Goal, Observes, ThreatModel, Tier
from bench.types.training import Steps, Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class ReidMsssim(Attack):
    """Link the releases that look most alike.

    Attributes:
        window: edge of the Gaussian window in voxels, odd (paper: not said).
        sigma: standard deviation of the window in voxels.
        levels: number of scales; None for as many as fit (3 at a side of 32, 4 at 64, 5 from 112 on).
    """

    name: ClassVar[str] = "reid-msssim"
    summary: ClassVar[str] = "link releases by MS-SSIM (the paper's attack)"
    source: ClassVar[str] = "Kim et al., Mixup-Privacy, 2023, Sec. 4.1; Wang et al., Asilomar 2003"
    goal: ClassVar[Goal] = Goal.LINKAGE
    threat: ClassVar[ThreatModel] = ThreatModel(tier=Tier.IGNORANT, observes=frozenset({Observes.RELEASE}))

    window: int = 7
    sigma: float = 1.5
    levels: int | None = None

    def __post_init__(self) -> None:
        if self.window < 3 or self.window % 2 == 0:
            raise ValueError(f"window must be odd and >= 3, got {self.window}")
        if not self.sigma > 0:
            raise ValueError(f"sigma must be > 0, got {self.sigma}")
        if self.levels is not None and not 1 <= self.levels <= 5:
            raise ValueError(f"levels must be 1 to 5 or None, got {self.levels}")

    def run(self, view: AttackerView, trainer: Trainer) -> Linkage:
        """MS-SSIM of every pair of releases."""
        means = [release.queries.mean(dim=0) for release in view.releases]
        released = torch.stack(means).to(trainer.device)  # scan channel depth height width
        levels = levels_for(tuple(released.shape[2:]), self.window) if self.levels is None else self.levels
        settings = MsSsimSettings(window=self.window, sigma=self.sigma, levels=levels)
        with trainer.track("comparing releases", len(released) * (len(released) - 1) // 2) as steps:
            scores = ms_ssim_matrix(released, settings, progress=advancing(steps)).cpu()
        return Linkage(scores=scores, details={"window": self.window, "sigma": self.sigma, "levels": levels})


def advancing(steps: Steps) -> Callable[[int, int], None]:
    """Tells `steps` of pairs that are counted from the start."""
    before = 0

    def tell(done: int, total: int) -> None:
        nonlocal before
        steps.advance(done - before)
        before = done

    return tell
