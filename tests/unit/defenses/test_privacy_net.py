"""Privacy-Net: its loss by hand, its plain reply, and data that it cannot learn from."""

from pathlib import Path

import pytest
import torch
from torch import nn

from bench.defenses.privacy_net import PrivacyNet, linear_dice_loss
from bench.errors import BenchError
from bench.types.traffic import Reply
from tests.conftest import toy_cohort
from tests.trainers import trainer_in


def test_dice_is_linear_smoothed_by_one_and_of_foreground_only() -> None:
    """Three voxels of class 1 in truth, two of them found: 1 - (2 * 2 + 1) / (2 + 3 + 1)."""
    found = torch.tensor([1.0, 1, 0, 0]).reshape(1, 1, 1, 1, 4)
    truth = torch.tensor([1.0, 1, 1, 0]).reshape(1, 1, 1, 1, 4)
    scores = 50 * torch.cat([1 - found, found], dim=1)
    assert float(linear_dice_loss(scores, torch.cat([1 - truth, truth], dim=1))) == pytest.approx(1 - 5 / 6)


def test_what_is_sent_is_the_encoding_and_what_comes_back_is_used_as_it_is() -> None:
    image, maps = torch.rand(1, 8, 8, 8), torch.rand(1, 4, 8, 8, 8)
    defense, client = PrivacyNet(), nn.Sequential(nn.Conv3d(1, 1, 1), nn.Sigmoid())
    torch.testing.assert_close(defense.protect(image, None, client).queries, client(image[None]).detach())
    assert torch.equal(defense.recover(Reply(maps), None, client), maps[0])


def test_data_without_repeated_visits_is_refused_by_the_name_of_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="set revisits = simulate"):
        PrivacyNet(patch=8, iterations=1).fit(toy_cohort(range(6), visits=1), trainer_in(tmp_path))


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="adversary_weight must be >= 0, got -1"):
        PrivacyNet(adversary_weight=-1.0)
