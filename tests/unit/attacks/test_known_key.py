"""With the key nothing is hidden."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.attacks.known_key import with_key
from bench.attacks.separation.before import alpha_of_key
from bench.attacks.separation.weights import CLOSEST
from bench.defenses.instahide import InstaHide
from bench.defenses.mixup.mixup_n import MixupN
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


def test_several_references_are_taken_out_together(roles: Roles) -> None:
    defense = MixupN(queries=2, images=3)
    for seed, scan in enumerate(roles.test.scans[:3]):
        key = defense.draw_key(np.random.default_rng(seed), roles.references.scans)
        sent = defense.protect(scan.image, key, nn.Identity())
        lightest = float(key.alpha.min())
        assert key.alpha.shape == (2,)
        assert float((with_key(sent.queries, key) - scan.image).abs().max()) <= 1e-5 / lightest
        assert alpha_of_key(key, 0.5) == pytest.approx(min(max(lightest, CLOSEST), 1 - CLOSEST))


def test_signs_are_not_taken_off(roles: Roles) -> None:
    defense = InstaHide()
    key = defense.draw_key(np.random.default_rng(0), roles.references.scans)
    client = nn.Module()
    client.register_buffer("centre", torch.tensor(0.4))
    sent = defense.protect(roles.test.scans[0].image, key, client)
    assert torch.equal(with_key(sent.queries, key), sent.queries.mean(dim=0))


def test_other_keys_leave_the_release_as_it_is() -> None:
    queries = torch.rand(3, 1, 4, 4, 4)
    assert torch.equal(with_key(queries, None), queries.mean(dim=0))
