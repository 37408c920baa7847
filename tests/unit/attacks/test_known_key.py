"""With the key nothing is hidden."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.attacks.known_key import with_key
from bench.defenses.mixup.variants import MixupLearnedTTA
from bench.runner.traffic import wire
from bench.types.scan import Roles


@pytest.mark.parametrize(
    "settings",
    [
        {"queries": 3},
        {"queries": 3, "alpha_shared": False},
        {"queries": 2, "alpha_scope": "patch", "patch": 8},
        {"queries": 1, "alpha_test": "fixed", "alpha_value": 0.05},
    ],
)
def test_reconstruction_is_exact_but_for_the_wire(settings: dict, roles: Roles) -> None:
    defense = MixupLearnedTTA(**settings)
    for seed, scan in enumerate(roles.test.scans[:3]):
        key = defense.draw_key(np.random.default_rng(seed), roles.references.scans)
        sent = defense.protect(scan.image, key, nn.Identity())
        exact = with_key(sent.queries, key)
        heard = with_key(wire.decode(wire.encode(sent.queries), torch.device("cpu")), key)
        lightest = float(key.alpha.min())
        assert float((exact - scan.image).abs().max()) <= 1e-6 / lightest
        assert float((heard - scan.image).abs().max()) <= 2**-11 / lightest + 1e-6 / lightest  # half precision below 1


def test_other_keys_leave_the_release_as_it_is() -> None:
    queries = torch.rand(3, 1, 4, 4, 4)
    assert torch.equal(with_key(queries, None), queries.mean(dim=0))
