"""The noise yardstick: what is sent, and that a seed is the whole secret."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.defenses.noise import Noise
from bench.runner.traffic import wire
from bench.types.scan import Roles
from bench.types.traffic import Reply

CLIENT = nn.Identity()


def test_the_release_is_the_scan_plus_sigma_times_the_noise_of_the_seed() -> None:
    image = torch.rand(1, 3, 4, 5)
    n = torch.from_numpy(np.random.default_rng(7).standard_normal((1, 3, 4, 5), dtype=np.float32))
    sent = Noise(sigma=0.4).protect(image, 7, CLIENT).queries
    torch.testing.assert_close(sent, (image + 0.4 * n)[None])


def test_noise_is_standard_normal_everywhere_and_not_clipped() -> None:
    image = torch.zeros(1, 40, 40, 40)
    image[:, 10:30] = 1.0
    noise = (Noise(sigma=0.2).protect(image, 3, CLIENT).queries[0] - image) / 0.2
    for region in (noise[image > 0], noise[image == 0]):
        assert float(region.mean()) == pytest.approx(0, abs=0.02)
        assert float(region.std()) == pytest.approx(1, abs=0.02)
        assert float((region.abs() < 1).float().mean()) == pytest.approx(0.6827, abs=0.01)


def test_turning_the_dial_scales_the_same_noise(roles: Roles) -> None:
    defense, image = Noise(), roles.test.scans[0].image
    assert list(defense.dialled()) == [0.05, 0.1, 0.2, 0.4, 0.8]
    keys = [turned.draw_key(np.random.default_rng(1), ()) for turned in defense.dialled().values()]
    assert len(set(keys)) == 1
    noise = {
        sigma: (turned.protect(image, keys[0], CLIENT).queries[0] - image) / sigma  # type: ignore[attr-defined]
        for sigma, turned in defense.dialled().items()
    }
    torch.testing.assert_close(noise[0.05], noise[0.8], atol=1e-4, rtol=0)


def test_every_query_has_noise_of_its_own_and_fewer_queries_are_the_first_of_more() -> None:
    image = torch.zeros(1, 30, 30, 30)
    many = Noise(queries=4).protect(image, 5, CLIENT).queries
    assert torch.equal(Noise(queries=2).protect(image, 5, CLIENT).queries, many[:2])
    correlation = torch.corrcoef(many.flatten(1)) - torch.eye(4)
    assert float(correlation.abs().max()) < 0.03


def test_averaging_k_queries_divides_the_noise_by_the_root_of_k() -> None:
    sent = Noise(sigma=0.8, queries=16).protect(torch.zeros(1, 30, 30, 30), 5, CLIENT).queries
    assert float(sent.mean(dim=0).std()) == pytest.approx(0.2, rel=0.02)


def test_the_wire_rounds_far_below_the_noise() -> None:
    sent = Noise(sigma=0.8).protect(torch.rand(1, 30, 30, 30), 5, CLIENT).queries
    assert float((wire.decode(wire.encode(sent), torch.device("cpu")) - sent).abs().max()) < 0.002


def test_answers_are_averaged() -> None:
    maps = torch.rand(3, 2, 2, 2, 2)
    torch.testing.assert_close(Noise(queries=3).recover(Reply(maps), 0, CLIENT), maps.mean(dim=0))


def test_training_patches_get_noise_of_all_strengths() -> None:
    x = torch.zeros(400, 1, 6, 6, 6)
    strengths = Noise().alter(x, torch.Generator().manual_seed(0)).flatten(1).std(dim=1)
    quartiles = torch.quantile(strengths, torch.tensor([0.25, 0.5, 0.75]))
    torch.testing.assert_close(quartiles, torch.tensor([0.1, 0.2, 0.4]), atol=0, rtol=0.15)
    assert 0.05 * 0.8 < float(strengths.min()) < float(strengths.max()) < 0.8 * 1.2


def test_sigma_needs_no_new_training() -> None:
    assert Noise(sigma=0.05).training_settings() == Noise(sigma=0.8, queries=3).training_settings()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma": 0.0}, r"sigma and sigma_grid must be in \[0.05, 0.8\].*for no noise use no-proxy"),
        ({"sigma": 0.9}, "where the segmenter is trained, got 0.9"),
        ({"sigma_grid": (0.1, 2.0)}, "got 0.2 and"),
        ({"sigma_max": 0.01}, "needs 0 < sigma_min <= sigma_max < 100, got 0.05 and 0.01"),
        ({"sigma_min": 0.0}, "needs 0 < sigma_min"),
        ({"queries": 0}, "queries must be >= 1, got 0"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Noise(**change)  # type: ignore[arg-type]
