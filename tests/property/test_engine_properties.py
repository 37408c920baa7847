"""The compiled MS-SSIM engine against the plain path, on whatever images there are."""

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench.metrics.engine.cpu.matrix import engine_matrix
from bench.metrics.msssim import MsSsimSettings, levels_for
from bench.metrics.pairwise_msssim import plain_matrix

SIDES = st.tuples(*[st.integers(7, 34)] * 3)
KINDS = ("alike", "unlike", "zero", "brain", "brain elsewhere", "dot in a corner", "negative")
EVERYTHING = 2**30


def image_of(kind: str, shape: tuple[int, int, int], rng: torch.Generator) -> Tensor:
    noise = torch.rand(1, *shape, generator=rng)
    ramp = torch.linspace(0, 1, shape[2]).expand(1, *shape)
    depth, height, width = (side // 3 for side in shape)
    if kind == "zero":
        return torch.zeros(1, *shape)
    image = torch.zeros(1, *shape)
    if kind == "brain":
        image[:, depth : 2 * depth, height : 2 * height, width : 2 * width] = 1
        return image * noise
    if kind == "brain elsewhere":
        image[:, -depth:, :height, -width:] = 1
        return image * noise
    if kind == "dot in a corner":
        image[0, -1, 0, -1] = 1
        return image
    if kind == "negative":
        return noise - 2
    return 0.2 * noise + 0.8 * ramp if kind == "alike" else noise


def both(images: Tensor, chosen: MsSsimSettings, others: Tensor | None, memory: int = EVERYTHING) -> tuple[Tensor, ...]:
    """Fast and plain."""
    fast = engine_matrix(images, chosen, others=others, memory=memory, progress=None)
    return fast, plain_matrix(images, chosen, others=others)


@settings(max_examples=60)
@given(
    shape=SIDES,
    rows=st.lists(st.sampled_from(KINDS), min_size=1, max_size=6),
    columns=st.lists(st.sampled_from(KINDS), min_size=0, max_size=6),
    fewer=st.integers(0, 2),
    seed=st.integers(0, 2**31),
)
def test_the_engine_equals_the_plain_path(
    shape: tuple[int, int, int], rows: list[str], columns: list[str], fewer: int, seed: int
) -> None:
    assume(levels_for(shape) > fewer)
    chosen, rng = MsSsimSettings(levels=levels_for(shape) - fewer), torch.Generator().manual_seed(seed)
    images = torch.stack([image_of(kind, shape, rng) for kind in rows])
    others = torch.stack([image_of(kind, shape, rng) for kind in columns]) if columns else None
    fast, plain = both(images, chosen, others)
    torch.testing.assert_close(fast, plain, rtol=0, atol=1e-5)


@settings(max_examples=10)
@given(values=st.lists(st.floats(0, 1), min_size=2, max_size=4), shape=SIDES)
def test_flat_images_differ_by_their_brightness_alone(values: list[float], shape: tuple[int, int, int]) -> None:
    """Within what a difference of squares leaves in single precision: some 6e-8 / C2, on either path."""
    images = torch.stack([torch.full((1, *shape), value) for value in values])
    chosen = MsSsimSettings(levels=1)
    expected = [[(2 * a * b + chosen.c1) / (a * a + b * b + chosen.c1) for b in values] for a in values]
    for scores in both(images, chosen, images.clone()):
        torch.testing.assert_close(scores, torch.tensor(expected), rtol=0, atol=4e-4)


@settings(max_examples=15)
@given(rows=st.integers(1, 9), columns=st.integers(0, 9), room=st.integers(0, 20), seed=st.integers(0, 2**31))
def test_the_memory_budget_changes_no_score(rows: int, columns: int, room: int, seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    images = torch.rand(rows, 1, 9, 10, 11, generator=rng)
    others = torch.rand(columns, 1, 9, 10, 11, generator=rng) if columns else None
    whole, _ = both(images, MsSsimSettings(levels=1), others)
    parts, _ = both(images, MsSsimSettings(levels=1), others, memory=room * 4 * (990 + 2 * 3 * 4 * 5))
    assert torch.equal(whole, parts)


@settings(max_examples=10)
@given(stride=st.integers(2, 3), order=st.permutations((2, 3, 4)), seed=st.integers(0, 2**31))
def test_strides_of_the_images_do_not_matter(stride: int, order: tuple[int, ...], seed: int) -> None:
    rng = torch.Generator().manual_seed(seed)
    spread = torch.rand(3, 1, 15 * stride, 16 * stride, 17 * stride, generator=rng)
    images = spread[..., ::stride, ::stride, ::stride].permute(0, 1, *order)
    assert not images.is_contiguous()
    chosen = MsSsimSettings(levels=2)
    fast, plain = both(images, chosen, None)
    torch.testing.assert_close(fast, plain, rtol=0, atol=1e-6)
    assert torch.equal(fast, both(images.contiguous(), chosen, None)[0])


@settings(max_examples=10)
@given(threads=st.integers(2, 5), seed=st.integers(0, 2**31))
def test_the_number_of_threads_changes_no_bit(threads: int, seed: int) -> None:
    images = torch.rand(9, 1, 15, 16, 17, generator=torch.Generator().manual_seed(seed))
    chosen, before = MsSsimSettings(levels=2), torch.get_num_threads()
    alone = both(images, chosen, None)[0]
    torch.set_num_threads(threads)
    try:
        together = both(images, chosen, None)[0]
    finally:
        torch.set_num_threads(before)
    assert torch.equal(alone, together)
