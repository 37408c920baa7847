"""What S and D are trained on: mixtures of two people's patches, or of more, end to end."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.data.patches import Patches
from bench.defenses.mixup.equations import mix, mix_many
from bench.models.segmentation_loss import one_hot, segmentation_loss

Maps = Float[Tensor, "batch class depth height width"]


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
        return mixup_losses(
            self.server(mix(x, x_ref, weight)),
            mix(y, y_ref, weight),
            y,
            lambda y_hat_mix: self.client(y_hat_mix, y_ref, alpha),
            unmix_weight=self.unmix_weight,
            detach_segmentation=self.detach_segmentation,
            dice_squared=self.dice_squared,
        )


class ManyObjective(nn.Module):
    """The same loss with several references a target, see `draw_weights`.

    Args:
        alpha_min: smallest weight of the target.
        cap: largest weight of any image.
        encode: what becomes of a mixture before S sees it.
        unmix_weight: w.
    """

    def __init__(
        self,
        server: nn.Module,
        client: nn.Module,
        *,
        classes: int,
        alpha_min: float,
        cap: float,
        encode: Callable[[Maps], Maps],
        unmix_weight: float,
    ) -> None:
        super().__init__()
        self.server, self.client = server, client
        self.classes, self.alpha_min, self.cap = classes, alpha_min, cap
        self.encode, self.unmix_weight = encode, unmix_weight

    def forward(self, patches: Patches, rng: torch.Generator) -> dict[str, Float[Tensor, ""]]:
        """The two loss terms for one batch of groups of patches, target first."""
        batch, images = patches.images.shape[:2]
        weights = draw_weights(batch, images, self.alpha_min, self.cap, rng)
        y, *references = (one_hot(patches.labels[:, i], self.classes) for i in range(images))
        return mixup_losses(
            self.server(self.encode(mix_many(patches.images, weights))),
            mix_many(torch.stack([y, *references], dim=1), weights),
            y,
            lambda y_hat_mix: self.client(y_hat_mix, torch.cat(references, dim=1), weights[:, :-1]),
            unmix_weight=self.unmix_weight,
        )


def mixup_losses(
    scores: Maps,
    y_mix: Maps,
    y: Maps,
    unmix: Callable[[Maps], Maps],
    *,
    unmix_weight: float,
    detach_segmentation: bool = False,
    dice_squared: bool = True,
) -> dict[str, Float[Tensor, ""]]:
    """L_S and w L_D.

    Args:
        scores: S's answer before softmax.
        y_mix, y: the soft labels of the mixture, and the target's.
        unmix: D's scores of the target for S's probabilities.
    """
    loss_s = segmentation_loss(scores, y_mix, dice_squared)
    y_hat_mix = scores.softmax(dim=1)
    unmixed = unmix(y_hat_mix.detach() if detach_segmentation else y_hat_mix)
    loss_d = segmentation_loss(unmixed, y, dice_squared)
    return {"mixed": loss_s, "unmixed": unmix_weight * loss_d}


def draw_weights(
    batch: int, images: int, alpha_min: float, cap: float, rng: torch.Generator
) -> Float[Tensor, "{batch} {images}"]:
    """Weights that sum to 1, uniform over all such (Dirichlet), the target's first and the references' falling.

    Given that the target's is above `alpha_min` and none above `cap`: rows that break it are drawn again.
    """
    weights = _uncapped_weights(batch, images, alpha_min, rng)
    while bool((broken := weights.amax(dim=1) > cap).any()):
        weights[broken] = _uncapped_weights(int(broken.sum()), images, alpha_min, rng)
    return weights


def _uncapped_weights(
    batch: int, images: int, alpha_min: float, rng: torch.Generator
) -> Float[Tensor, "{batch} {images}"]:
    rest = torch.rand(batch, generator=rng, device=rng.device) ** (1 / (images - 1))
    alpha = 1 - (1 - alpha_min) * rest
    uniform = torch.rand(batch, images - 1, generator=rng, device=rng.device)
    shares = -torch.log1p(-uniform).clamp_max(-1e-12)  # exponential variates over their sum are Dirichlet
    shares = (shares / shares.sum(dim=1, keepdim=True)).sort(dim=1, descending=True).values
    return torch.cat([alpha[:, None], (1 - alpha)[:, None] * shares], dim=1)
