"""The fresh Siamese learns what this very defense leaves to be seen."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bench.attack import Attack
from bench.attacks.reid_siamese import ReidSiamese
from bench.runner.leakage.scores import linkage_scores
from tests.conftest import toy_cohort
from tests.trainers import trainer_in
from tests.unit.attacks.learned.owned import Encode, sent, view

OWN, VICTIMS = toy_cohort(range(8)), toy_cohort(range(8, 18))


def found(attack: Attack, encode: Encode, folder: Path) -> float:
    claim = attack.run(view(attack, sent(encode, VICTIMS), OWN, encode), trainer_in(folder))
    value = linkage_scores(claim, VICTIMS.scans, (0, "test"))["map"].value.value
    assert value is not None
    return value


def drowned_in_coarse_noise(image: Tensor, rng: np.random.Generator) -> Tensor:
    """A secret that is louder than any anatomy, but smooth."""
    coarse = torch.from_numpy(rng.standard_normal((1, 1, 4, 4, 4), dtype=np.float32))
    smooth = torch.nn.functional.interpolate(coarse, size=image.shape[1:], mode="trilinear", align_corners=True)
    return image[None] + 20 * smooth


def test_training_finds_the_frequencies_that_a_key_does_not_reach(tmp_path: Path) -> None:
    settings = {"keys": 4, "widths": (4, 8), "band": 12, "learning_rate": 3e-2}
    untrained = ReidSiamese(**settings, iterations=1)
    trained = ReidSiamese(**settings, iterations=60)
    before = found(untrained, drowned_in_coarse_noise, tmp_path / "1")
    after = found(trained, drowned_in_coarse_noise, tmp_path / "60")
    assert before < 0.4
    assert after > before + 0.2


def test_a_network_that_is_found_trained_asks_for_no_releases(tmp_path: Path) -> None:
    asked = []

    def encode(image: Tensor, rng: np.random.Generator) -> Tensor:
        asked.append(1)
        return image[None]

    attack = ReidSiamese(keys=2, widths=(4, 8), band=6, iterations=2)
    victims = sent(encode, VICTIMS)
    first = attack.run(view(attack, victims, OWN, encode), trainer_in(tmp_path))
    asked.clear()
    again = attack.run(view(attack, victims, OWN, encode), trainer_in(tmp_path))
    assert asked == []
    assert torch.equal(first.scores, again.scores)
