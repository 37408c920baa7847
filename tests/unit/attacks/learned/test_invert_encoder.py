"""The way back: from a fixed blur, and from nothing at all."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bench.attacks.invert_encoder import InvertEncoder
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
