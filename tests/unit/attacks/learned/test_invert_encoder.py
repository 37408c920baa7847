"""The way back: from a fixed blur, and from nothing at all."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.invert_encoder import Inversion, InvertEncoder
from bench.attacks.learned.bank import look
from bench.attacks.learned.windows import Pair
from bench.models.inversion import Inverter, moments_of
from bench.models.score.anatomy import Anatomy
from tests.conftest import toy_cohort
from tests.trainers import trainer_in
from tests.unit.attacks.learned.owned import as_it_is, error, sent, view

OWN, VICTIMS = toy_cohort(range(6)), toy_cohort(range(6, 10))


def blurred(image: Tensor, rng: np.random.Generator) -> Tensor:
    return F.avg_pool3d(image[None], 5, stride=1, padding=2)


def test_it_starts_as_the_mean_of_the_queries() -> None:
    inverter = Inverter(Anatomy.of(OWN.scans), (4, 4))
    looks = torch.rand(2, 3, *OWN.shape)
    assert torch.equal(inverter(looks), looks[:, :1])


def test_a_brightness_turned_over_is_turned_back_before_any_training() -> None:
    images = torch.stack([scan.image for scan in OWN])
    looks = (1 - 0.5 * images).repeat(1, 3, 1, 1, 1)
    inverter = Inverter(Anatomy.of(OWN.scans), (4, 4))
    inverter.tell(moments_of(looks, images))
    inside = images[0] > 0
    assert float((inverter(looks)[0] - images[0])[inside].detach().abs().mean()) < 0.02


def test_a_fixed_blur_is_undone_better_than_by_doing_nothing(tmp_path: Path) -> None:
    attack = InvertEncoder(keys=2, widths=(16, 16), patch=20, batch=4, iterations=80, learning_rate=4e-3)
    releases = sent(blurred, VICTIMS)
    claim = attack.run(view(attack, releases, OWN, blurred), trainer_in(tmp_path))
    nothing = error(torch.cat([release.queries for release in releases]), VICTIMS)
    assert error(claim.images, VICTIMS) < 0.9 * nothing


def test_scans_that_were_sent_as_they_are_stay_so(tmp_path: Path) -> None:
    attack = InvertEncoder(keys=1, widths=(4, 4), patch=8, batch=2, iterations=5, learning_rate=4e-3)
    claim = attack.run(view(attack, sent(as_it_is, VICTIMS), OWN, as_it_is), trainer_in(tmp_path))
    assert error(claim.images, VICTIMS) < 1e-6


def mixed(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Four queries that share a random weight of the scan."""
    alpha = float(rng.uniform(0.1, 1))
    others = torch.from_numpy(rng.uniform(0, 1, (4, *image.shape)).astype(np.float32)) * (image > 0)
    return alpha * image[None] + (1 - alpha) * others


def test_how_much_queries_differ_tells_it_how_much_of_the_scan_is_in_them(tmp_path: Path) -> None:
    attack = InvertEncoder(keys=4, widths=(8, 8), patch=12, batch=8, iterations=200, learning_rate=4e-3)
    releases = sent(mixed, VICTIMS)
    seen = view(attack, releases, OWN, mixed)
    claim = attack.run(seen, trainer_in(tmp_path))
    bank = list(attack.bank(seen, trainer_in(tmp_path)))
    linear = Inverter(Anatomy.of(OWN.scans), (8, 8))
    linear.tell(moments_of(torch.stack([own.look for own in bank]), torch.stack([own.image for own in bank])))
    with torch.inference_mode():
        fixed = torch.cat([linear(look(release, OWN.shape)[None]).clamp(0, 1) for release in releases])
    assert error(claim.images, VICTIMS) < 0.8 * error(fixed, VICTIMS)


def test_a_patch_says_as_much_of_how_queries_differ_as_the_volume_around_it() -> None:
    images = torch.stack([scan.image for scan in OWN])
    deviation = torch.rand(len(images), 1, 1, 1, 1) * (torch.arange(OWN.shape[0]) > 8)[:, None, None].expand(OWN.shape)
    looks = torch.cat([images, images, deviation], dim=1)
    inverter = Inverter(Anatomy.of(OWN.scans), (4, 4))
    inverter.tell(moments_of(looks, images))
    inside = inverter.different(looks[..., 9:15, 4:12, 4:12], torch.tensor([[9, 4, 4]]).expand(len(looks), 3))
    assert inside.tolist() == pytest.approx(inverter.different(looks).tolist(), rel=0.01)
    largest = deviation.amax(dim=(1, 2, 3, 4))
    assert inside.tolist() == pytest.approx((largest / largest.mean()).tolist(), rel=0.01)


def test_one_query_differs_from_nothing() -> None:
    looks = torch.cat([torch.rand(2, 2, *OWN.shape), torch.zeros(2, 1, *OWN.shape)], dim=1)
    inverter = Inverter(Anatomy.of(OWN.scans), (4, 4))
    inverter.tell(moments_of(looks, torch.rand(2, 1, *OWN.shape)))
    assert inverter.different(looks).tolist() == [0, 0]


def test_releases_whose_queries_differ_alike_count_alike_in_the_loss_and_nearly_naked_ones_more() -> None:
    images = torch.stack([scan.image for scan in OWN])[:2]
    objective = Inversion(Inverter(Anatomy.of(OWN.scans), (4, 4)))
    starts = torch.zeros(2, 3, dtype=torch.long)
    wrong = images + torch.tensor([0.1, 0.2])[:, None, None, None, None]

    def loss(first: float, second: float) -> float:
        deviation = torch.tensor([first, second])[:, None, None, None, None].expand_as(images)
        looks = torch.cat([wrong, wrong, deviation], dim=1)
        moments = moments_of(torch.cat([images, images, torch.ones_like(images)], dim=1), images)
        pair = Pair(looks, images, starts, moments)
        return float(objective(pair, torch.Generator())["inversion"].detach())

    assert loss(1.0, 1.0) == pytest.approx(
        (0.1**2 + 0.2**2) / 2 / float(objective.inverter.anatomy.scale) ** 2, rel=0.02
    )
    assert loss(0.1, 1.0) < loss(1.0, 1.0) < loss(1.0, 0.1)
