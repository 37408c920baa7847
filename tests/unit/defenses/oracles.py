"""A D that unmixes exactly, and the reply of a server that never errs."""

import torch
from torch import Tensor, nn

from bench.defenses.mixup.equations import mix_many
from bench.defenses.mixup.many_key import ManyKey
from bench.models.segmentation_loss import one_hot
from bench.types.traffic import Reply


class ExactUnmixing(nn.Module):
    """(y_hat_mix - sum of w_i y_i) / w_t, as scores whose softmax it is; needs every argument in its right place."""

    def forward(self, y_hat_mix: Tensor, y_ref: Tensor, weights: Tensor) -> Tensor:
        batch, classes, *sides = y_hat_mix.shape
        free = weights.reshape(batch, -1)
        every = torch.cat([free, 1 - free.sum(dim=1, keepdim=True)], dim=1)
        references = mix_many(y_ref.reshape(batch, -1, classes, *sides), every[:, 1:])
        return ((y_hat_mix - references) / every[:, :1, None, None, None]).clamp_min(1e-9).log()


def perfect_reply(labels: Tensor, key: ManyKey, classes: int) -> Reply:
    """The mixed truth of every query, Eq. (3)."""
    maps = [
        mix_many(one_hot(torch.cat([labels[None], key.labels(k)]), classes)[None], key.weights[k : k + 1])
        for k in range(len(key))
    ]
    return Reply(torch.cat(maps))
