"""From the server's soft answers to alpha and the target's label map, without the key and without any reference.

A mixed label map is alpha e_t + (1 - alpha) e_r in every voxel (Mixup-Privacy, Eq. 3): values 0, alpha, 1 - alpha and
1. Where an answer shows these levels, alpha and the target's class follow exactly. A real server is unsure, which looks
like mixing too; then only what K answers have in common tells target from references, and moments take over.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, UInt8
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.separation.before import alpha_of_reply
from bench.attacks.separation.levels import SATURATED
from bench.attacks.separation.weights import CLOSEST
from bench.types.scan import Cohort
from bench.types.traffic import Reply

SHARP = 0.01
"""Levels are visible if they leave less than this share of what one level, certainty, leaves of the answers."""

MOST_VOXELS = 1024
"""Levels are the same everywhere, so a few voxels show them as well as all."""

UNMIXED = 0.95
"""Answers that agree so well mix nothing worth taking out."""

Maps = Float[Tensor, "mixture class depth height width"]
Soft = Float[Tensor, "class depth height width"]


@dataclass(frozen=True, eq=False)
class Decoded:
    """What the answers to all releases say.

    Attributes:
        labels: the target's class in every voxel.
        alphas: the target's weight in every release.
        sharp: how many answers showed the levels of a mixture.
    """

    labels: UInt8[Tensor, "scan depth height width"]
    alphas: tuple[float, ...]
    sharp: int


def decode(replies: Sequence[Reply], own: Cohort) -> Decoded:
    """Alpha and label map of every target.

    Args:
        own: labelled scans of other people, for what is likely where.
    """
    average = torch.stack([reply.maps.mean(dim=0) for reply in replies]).mean(dim=0)
    own_people = class_frequencies(own)
    labels, alphas, sharp = [], [], 0
    for reply in replies:
        maps = reply.maps
        alpha, shows = levels(maps)
        if shows or len(maps) == 1:
            found = most_likely(maps, alpha)
        else:
            alpha = alpha_from_deviations(maps, average)
            found = maps.mean(dim=0).argmax(dim=0) if alpha > UNMIXED else beyond_average(maps, average, own_people)
        labels.append(found.to(torch.uint8))
        alphas.append(alpha)
        sharp += shows
    return Decoded(torch.stack(labels), tuple(alphas), sharp)


def most_likely(maps: Maps, alpha: float) -> UInt8[Tensor, "depth height width"]:
    """The target's class c that explains all mixtures best: min_c sum_k min_j ||y_k - alpha e_c - (1 - alpha) e_j||^2.

    The reference's class j is free in every mixture. With one mixture and alpha >= 1/2 this is the most probable class.
    """
    return costs(maps, alpha).sum(dim=0).argmin(dim=0).to(torch.uint8)


def costs(maps: Maps, alpha: float) -> Maps:
    """min_j ||y - alpha e_c - (1 - alpha) e_j||^2 - ||y||^2 for every class c.

    Either j is c, or it is the most probable of the other classes, so nothing needs to be searched.
    """
    beta = 1 - alpha
    highest = maps.topk(2, dim=1).values
    first, second = highest[:, :1], highest[:, 1:]
    other = torch.where(maps == first, second, first)
    return torch.minimum(1 - 2 * maps, alpha**2 + beta**2 - 2 * alpha * maps - 2 * beta * other)


def levels(maps: Maps) -> tuple[float, bool]:
    """Alpha from the levels of the answers, and whether they really lie on levels; looked at where any is in doubt.

    Answers without any doubt are all level: alpha is nearly 1.
    """
    places = (maps.amax(dim=1) < SATURATED).any(dim=0).flatten().nonzero()[:, 0]
    if not len(places):
        return 1 - CLOSEST, True
    seen = maps.flatten(2)[:, :, places[:: -(-len(places) // MOST_VOXELS)]][..., None, None]
    alpha = alpha_of_reply(seen)
    square = seen.square().sum(dim=(0, 1))
    left = costs(seen, alpha).sum(dim=0).amin(dim=0) + square
    unsure = (1 - 2 * seen.amax(dim=1)).sum(dim=0) + square
    return alpha, float(left.sum()) < SHARP * float(unsure.sum())


def alpha_from_deviations(maps: Maps, average: Soft) -> float:
    """Alpha from K >= 2 answers: how they differ among themselves against how their mean differs from everybody's.

    The first is (1 - alpha)^2 s^2 V, the second (alpha^2 + (1 - alpha)^2 / K) s^2 V, with V the variance of label maps
    between people and s < 1 the server's lack of certainty: a scale that no level shows, and that the ratio does not
    need. In [.01, .99].

    Args:
        average: mean answer over all releases.
    """
    spread = float(maps.var(dim=0).sum())
    away = float((maps.mean(dim=0) - average).square().sum()) - spread / len(maps)
    if spread <= 0:
        return 1 - CLOSEST
    ratio = spread / max(away, 1e-12)
    return float(min(max(1 / (1 + ratio**0.5), CLOSEST), 1 - CLOSEST))


def beyond_average(maps: Maps, average: Soft, people: Soft) -> UInt8[Tensor, "depth height width"]:
    """Argmax of mu + w (ybar - qbar): the population's label map, moved by what this answer says beyond others.

    qbar holds what the server says of everybody, its lack of certainty included; mu replaces it by what is true of
    everybody. w makes the deviation as large as people's are. The weight of the best linear estimate would shrink it:
    a better guess of probabilities, no better one of classes, and it hides whose answer it is.

    Args:
        average: qbar, the mean answer over all releases.
        people: mu, how often people have every class in every voxel.
    """
    deviation = maps.mean(dim=0) - average
    variance = people.sum() - people.square().sum()  # of one-hot label maps around mu
    w = (variance / deviation.square().sum().clamp(min=1e-12)).sqrt()
    return (people + w * deviation).argmax(dim=0).to(torch.uint8)


def class_frequencies(own: Cohort) -> Soft:
    """How often every voxel has every class."""
    total = torch.stack([F.one_hot(scan.labels.long(), len(own.classes)) for scan in own]).sum(dim=0)
    return total.movedim(-1, 0).float() / len(own)
