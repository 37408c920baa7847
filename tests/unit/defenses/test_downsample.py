"""The downsampling yardstick, by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from bench.data.patches import PatchSampler
from bench.defenses.downsample import Downsample, coarsened
from bench.models.unetpp import UNetPlusPlus
from bench.progress import Display
from bench.types.scan import Roles
from bench.types.training import History, Phase, Schedule

CLIENT = nn.Identity()


def _along_width(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float32).expand(1, 1, 4, 4, len(values)).clone()


def test_means_are_interpolated_between_the_centres_of_the_large_voxels() -> None:
    # Means 1 and 5 stand at .5 and 2.5; the borders continue outwards.
    torch.testing.assert_close(coarsened(_along_width(0, 2, 4, 6), 2), _along_width(1, 2, 4, 5))


def test_one_large_voxel_is_the_mean() -> None:
    x = torch.rand(1, 1, 4, 4, 4)
    torch.testing.assert_close(coarsened(x, 4), x.mean().expand(1, 1, 4, 4, 4))


def test_the_last_mean_of_an_odd_side_repeats_the_last_voxel() -> None:
    # Pooled: (0 + 2) / 2 = 1 and (4 + 4) / 2 = 4; the output stops after three voxels: 1, 1.75, 3.25.
    torch.testing.assert_close(coarsened(_along_width(0, 2, 4), 2), _along_width(1, 1.75, 3.25))


@given(st.integers(2, 9), st.tuples(*[st.integers(1, 13)] * 3), st.floats(0, 1))
def test_what_is_constant_stays_and_the_grid_too(factor: int, shape: tuple[int, int, int], value: float) -> None:
    x = torch.full((1, 1, *shape), value)
    torch.testing.assert_close(coarsened(x, factor), x)


@given(st.integers(2, 6), st.integers(0, 2**31))
def test_no_value_leaves_the_range_of_the_scan(factor: int, seed: int) -> None:
    x = torch.rand(1, 1, 7, 8, 9, generator=torch.Generator().manual_seed(seed))
    found = coarsened(x, factor)
    assert float(x.min()) - 1e-6 <= float(found.min())
    assert float(found.max()) <= float(x.max()) + 1e-6


def test_what_is_finer_than_a_large_voxel_is_gone() -> None:
    fine = torch.tensor([1.0, -1.0]).repeat(6).expand(1, 1, 12, 12, 12)
    torch.testing.assert_close(coarsened(0.5 + 0.3 * fine, 2), torch.full((1, 1, 12, 12, 12), 0.5))


@pytest.mark.parametrize("factor", [2, 3, 4, 6, 8])
def test_the_release_lies_on_the_common_grid_at_every_factor(roles: Roles, factor: int) -> None:
    image = roles.test.scans[0].image
    sent = Downsample(factor=factor).protect(image, None, CLIENT).queries
    assert sent.shape == (1, *image.shape)
    assert torch.equal(sent[0], coarsened(image[None], factor)[0])


def test_larger_factors_tell_less(roles: Roles) -> None:
    image = roles.test.scans[0].image[None]
    lost = [float((coarsened(image, factor) - image).square().mean()) for factor in (2, 3, 4, 6, 8)]
    assert lost == sorted(lost)


def test_training_patches_are_coarsened_by_every_factor() -> None:
    x = torch.rand(1, 1, 12, 12, 12).expand(60, 1, 12, 12, 12)
    altered = Downsample(factors=(2, 4), factor=2).alter(x, torch.Generator().manual_seed(0))
    by_factor = [(altered == coarsened(x[:1], factor)).flatten(1).all(dim=1) for factor in (2, 4)]
    assert bool((by_factor[0] ^ by_factor[1]).all())
    assert 15 < int(by_factor[0].sum()) < 45


def test_the_dial_needs_no_new_training() -> None:
    defense = Downsample()
    assert list(defense.dialled()) == [2.0, 3.0, 4.0, 6.0, 8.0]
    for turned in defense.dialled().values():
        assert turned.training_settings() == defense.training_settings()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"factor": 5}, r"factor must be one that the segmenter is trained on \(2, 3, 4, 6, 8\), got 5"),
        ({"factors": (1, 2)}, "for full resolution use no-proxy"),
        ({"factors": ()}, "factors must name numbers >= 2"),
    ],
)
def test_impossible_settings_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Downsample(**change)  # type: ignore[arg-type]


def test_a_patch_cut_with_its_context_looks_like_the_same_place_in_the_whole_scan() -> None:
    whole = torch.rand(1, 1, 48, 48, 48, generator=torch.Generator().manual_seed(0))
    inside, context = (..., *3 * (slice(16, 32),)), Downsample().context
    for factor in (2, 4, 8):
        cube = (..., *3 * (slice(16 - context, 32 + context),))
        middle = (..., *3 * (slice(context, context + 16),))
        torch.testing.assert_close(coarsened(whole[cube], factor)[middle], coarsened(whole, factor)[inside])
        assert float((coarsened(whole[inside], factor) - coarsened(whole, factor)[inside]).abs().max()) > 0.01


class _Spy:
    """A trainer that computes one loss instead of training."""

    device, folder, axes = torch.device("cpu"), Path(), (0,)
    track = Display(quiet=True).track

    def fit(self, name: str, phases: Sequence[Phase], sampler: PatchSampler, schedule: Schedule) -> History:
        rng = torch.Generator().manual_seed(0)
        self.cut = sampler.patch
        phases[0].objective(sampler.draw(rng), rng)
        return History()


@pytest.mark.parametrize(("context", "cut"), [(3, 14), (30, 20)])
def test_the_segmenter_is_trained_on_the_middle_of_what_is_cut(
    roles: Roles, monkeypatch: pytest.MonkeyPatch, context: int, cut: int
) -> None:
    """The scans' shortest side is 20: there is no more context to be had."""
    seen = []
    monkeypatch.setattr(UNetPlusPlus, "forward", lambda net, x: seen.append(x.shape) or x.expand(-1, 4, -1, -1, -1))
    defense, spy = Downsample(factors=(context,), factor=context, patch=8, batch_size=2, widths=(4, 8)), _Spy()
    defense.fit(roles.train, spy)
    assert spy.cut == cut
    assert seen == [(2, 1, 8, 8, 8)]
