"""What S and D are trained on: mixtures of two people's patches, end to end."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.patches import Patches
from bench.defenses.mixup.equations import mix
from bench.models.segmentation_loss import one_hot, segmentation_loss


class MixupObjective(nn.Module):
    """L = L_S(S(x_mix), y_mix) + w L_D(D(softmax S(x_mix), y_ref, alpha), y), Sec. 3.3.

    Args:
        alpha_min: alpha ~ U(alpha_min, 1), one per patch.
        unmix_weight: w.
        detach_segmentation: stop D's gradient at S's output.
    """

    def __init__(
        self,
        server: nn.Module,
        client: nn.Module,
        *,
        classes: int,
        alpha_min: float,
        unmix_weight: float,
        detach_segmentation: bool,
        dice_squared: bool,
    ) -> None:
        super().__init__()
        self.server, self.client = server, client
        self.classes, self.alpha_min, self.unmix_weight = classes, alpha_min, unmix_weight
        self.detach_segmentation, self.dice_squared = detach_segmentation, dice_squared

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The two loss terms for one batch of (target, reference) patches."""
        x, x_ref = patches.images[:, 0], patches.images[:, 1]
        y, y_ref = (one_hot(patches.labels[:, i], self.classes) for i in (0, 1))
        draw = torch.rand(len(x), generator=rng, device=x.device)
        alpha = 1 - (1 - self.alpha_min) * draw
        weight = alpha[:, None, None, None, None]
        scores = self.server(mix(x, x_ref, weight))
        loss_s = segmentation_loss(scores, mix(y, y_ref, weight), self.dice_squared)
        y_hat_mix = scores.softmax(dim=1)
        unmixed = self.client(y_hat_mix.detach() if self.detach_segmentation else y_hat_mix, y_ref, alpha)
        loss_d = segmentation_loss(unmixed, y, self.dice_squared)
        return {"mixed": loss_s, "unmixed": self.unmix_weight * loss_d}
