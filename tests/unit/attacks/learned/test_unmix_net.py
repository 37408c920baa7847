"""The network starts as the best linear estimate, and Gaussian people cannot be unmixed any better."""

import dataclasses
from pathlib import Path

import pytest
import torch

from bench.attacks.learned.unmixing import mix
from bench.attacks.mixtures.equations import error_fraction, lmmse_weight
from bench.attacks.unmix_net import UnmixNet, unmixed
from bench.data.patches import Patches
from bench.models.score.anatomy import Anatomy
from bench.models.unmixing_residual import KNOTS, LOUDEST, QUIETEST, Gate, ResidualUnmixer
from bench.types.scan import Cohort
from tests.trainers import trainer_in
from tests.unit.attacks.mixtures.gaussians import cohort, draw, missed, mixed


def labelled(own: Cohort) -> Cohort:
    """With voxels to centre patches on."""
    return own.only(tuple(dataclasses.replace(scan, labels=torch.ones_like(scan.labels)) for scan in own))


OWN = labelled(cohort(draw(24, seed=100)))


@pytest.mark.parametrize(("alpha", "queries"), [(0.2, 1), (0.5, 3), (0.9, 10)])
def test_it_starts_exactly_as_the_linear_estimate(alpha: float, queries: int) -> None:
    unmixer = ResidualUnmixer(Anatomy.of(OWN.scans), (4, 4))
    seen = draw(queries, seed=1)
    linear = unmixer.anatomy.atlas + lmmse_weight(alpha, queries) * (seen.mean(dim=0) - unmixer.anatomy.atlas)
    assert torch.allclose(unmixed(unmixer, seen, alpha)[0], linear, atol=1e-6)


def test_a_shut_gate_is_the_linear_estimate_whatever_was_learnt() -> None:
    unmixer = ResidualUnmixer(Anatomy.of(OWN.scans), (4, 4))
    seen = draw(3, seed=1)
    before = unmixed(unmixer, seen, 0.5)
    with torch.no_grad():
        unmixer.network.head.weight.normal_()
    assert torch.equal(unmixed(unmixer, seen, 0.5), before)
    with torch.no_grad():
        unmixer.gate.values.fill_(1)
    assert not torch.allclose(unmixed(unmixer, seen, 0.5), before, atol=1e-3)


def test_the_gate_stays_between_nothing_and_all_and_may_open_again() -> None:
    gate = Gate()
    with torch.no_grad():
        gate.values.copy_(torch.linspace(-1, 2, KNOTS))
    x = torch.tensor([-4.0, 4.0])
    assert gate(x).tolist() == [0, 1]
    gate(x).sum().backward()  # type: ignore[no-untyped-call]
    assert gate.values.grad is not None
    assert gate.values.grad[[0, -1]].tolist() == [1, 1]


def test_the_gate_interpolates_and_stays_constant_beyond_its_knots() -> None:
    gate = Gate()
    with torch.no_grad():
        gate.values.copy_(torch.arange(float(KNOTS)) / (KNOTS - 1))
    x = torch.tensor([QUIETEST - 5, QUIETEST, (QUIETEST + LOUDEST) / 2, LOUDEST, LOUDEST + 5])
    assert gate(x).tolist() == pytest.approx([0, 0, 1 / 2, 1, 1])


def test_trained_on_white_gaussians_it_is_no_worse_than_the_closed_form(tmp_path: Path) -> None:
    attack = UnmixNet(widths=(4, 8), patch=8, batch=4, iterations=60, learning_rate=4e-3, most=5)
    unmixer = attack.learn(OWN, trainer_in(tmp_path))
    targets = draw(12, seed=101)
    for alpha, queries in ((0.3, 5), (0.5, 5), (0.8, 5), (0.8, 1)):
        chosen = torch.arange(12 * queries).reshape(12, queries)
        sent = mixed(targets, draw(12 * queries, seed=102), torch.full((12, queries), alpha), chosen)
        images = torch.cat([unmixed(unmixer, seen, alpha) for seen in sent])
        closed = error_fraction(alpha, queries) + (1 - lmmse_weight(alpha, queries)) ** 2 / len(OWN)
        assert missed(images, targets) < 1.04 * closed


def test_a_mixture_of_two_has_alpha_above_one_half_and_the_right_moments() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(4000, 2, 1, 1, 1, 1, generator=generator)
    labels, starts = torch.zeros(4000, 2, 1, 1, 1, dtype=torch.uint8), torch.zeros(4000, 2, 3, dtype=torch.int64)
    seen = mix(Patches(images, labels, starts), 0.0, generator)
    assert seen.queries == 1
    assert float(seen.alpha.min()) >= 0.5
    assert float(seen.alpha.mean()) == pytest.approx(0.75, abs=0.01)
    a = seen.alpha[:, None, None, None, None]
    assert torch.allclose(seen.mean, a * images[:, 0] + (1 - a) * images[:, 1], atol=1e-6)
    assert float(seen.deviation.abs().max()) == 0
    assert float(seen.left[0]) == pytest.approx(error_fraction(float(seen.alpha[0]), 1), rel=1e-4)
