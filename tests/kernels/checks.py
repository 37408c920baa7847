"""The GPU engine against the plain path: on a GPU, or under Triton's interpreter on a CPU.

Collected by `test_msssim_kernel.py` beside this only, in a process of its own: Triton reads at its import whether to
interpret. The interpreter takes about half a second for a program, so blocks and images are small.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from bench.metrics.engine.gpu import matrix
from bench.metrics.engine.gpu.matrix import gpu_matrix
from bench.metrics.engine.gpu.prepared import Program, prepared
from bench.metrics.msssim import MsSsimSettings
from bench.metrics.pairwise_msssim import plain_matrix

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
ONE, TWO = MsSsimSettings(levels=1), MsSsimSettings(levels=2)
SMALL = Program(side=2, planes=2, rows=3)
EVERYTHING = 2**30
KINDS = ("alike", "unlike", "zero", "dot in a corner", "negative")


def image_of(kind: str, shape: tuple[int, int, int], rng: torch.Generator) -> Tensor:
    noise = torch.rand(1, *shape, generator=rng)
    if kind == "zero":
        return torch.zeros(1, *shape)
    if kind == "dot in a corner":
        image = torch.zeros(1, *shape)
        image[0, -1, 0, -1] = 1
        return image
    if kind == "negative":
        return noise - 2
    return 0.2 * noise + 0.8 * torch.linspace(0, 1, shape[2]).expand(1, *shape) if kind == "alike" else noise


def some(count: int, shape: tuple[int, int, int], seed: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return (torch.rand(count, 1, *shape, generator=rng) + torch.rand(1, 1, *shape, generator=rng)).div(2).to(DEVICE)


def fast(images: Tensor, chosen: MsSsimSettings, others: Tensor | None = None, program: Program = SMALL) -> Tensor:
    return gpu_matrix(images, chosen, others=others, memory=EVERYTHING, progress=None, program=program)


@settings(max_examples=6)
@given(
    shape=st.tuples(*[st.integers(7, 11)] * 3),
    rows=st.lists(st.sampled_from(KINDS), min_size=1, max_size=3),
    columns=st.lists(st.sampled_from(KINDS), min_size=0, max_size=2),
    side=st.sampled_from((1, 2)),
    planes=st.integers(1, 3),
    seed=st.integers(0, 2**31),
)
def test_the_kernel_equals_the_plain_path(
    shape: tuple[int, int, int], rows: list[str], columns: list[str], side: int, planes: int, seed: int
) -> None:
    rng = torch.Generator().manual_seed(seed)
    images = torch.stack([image_of(kind, shape, rng) for kind in rows]).to(DEVICE)
    others = torch.stack([image_of(kind, shape, rng) for kind in columns]).to(DEVICE) if columns else None
    found = fast(images, ONE, others, Program(side=side, planes=planes, rows=3))
    torch.testing.assert_close(found, plain_matrix(images, ONE, others=others), rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", [(13, 15, 14), (14, 13, 41)], ids=["odd sides", "two blocks along the width"])
def test_all_scales_and_blocks_count(shape: tuple[int, int, int]) -> None:
    images = some(3, shape)
    found = fast(images, TWO, program=Program(side=2, planes=4, rows=5))
    torch.testing.assert_close(found, plain_matrix(images, TWO), rtol=0, atol=1e-6)


def test_the_program_that_is_used() -> None:
    images = some(2, (15, 23, 9))
    found = gpu_matrix(images, ONE, others=None, memory=EVERYTHING, progress=None)
    torch.testing.assert_close(found, plain_matrix(images, ONE), rtol=0, atol=1e-6)


@settings(max_examples=2)
@given(order=st.permutations((2, 3, 4)), seed=st.integers(0, 2**31))
def test_strides_of_the_images_do_not_matter(order: tuple[int, ...], seed: int) -> None:
    images = some(2, (16, 18, 14), seed)[..., ::2, ::2, ::2].permute(0, 1, *order)
    assert not images.is_contiguous()
    assert torch.equal(fast(images, ONE), fast(images.contiguous(), ONE))


def test_brains_on_zero_score_like_the_plain_path() -> None:
    """Blocks that are zero in both images, in one, and in none."""
    brains = torch.zeros(2, 1, 15, 10, 9, device=DEVICE)
    brains[0, :, :4] = some(1, (4, 10, 9))[0]
    brains[1, :, 2:8] = some(1, (6, 10, 9), 1)[0]
    filled = prepared(brains, ONE, SMALL)[0].filled
    assert 0 < int((filled == 0).all(dim=0).sum()) < filled.shape[1]
    torch.testing.assert_close(fast(brains, ONE), plain_matrix(brains, ONE), rtol=0, atol=1e-6)


def test_blocks_that_hold_nothing_are_known() -> None:
    image = torch.zeros(1, 1, 11, 13, 40, device=DEVICE)  # results 5 x 7 x 34: blocks 3 x 3 x 2
    image[0, 0, 10, 12, 39] = 1
    assert prepared(image, ONE, SMALL)[0].filled.nonzero().tolist() == [[0, 17]]
    image[0, 0, 5, 4, 3] = torch.nan  # in the windows of results 0 to 4, 0 to 4 and 0 to 3
    filled = prepared(image, ONE, SMALL)[0].filled.reshape(3, 3, 2)
    assert filled.nonzero().tolist() == [[k, h, 0] for k in range(3) for h in range(2)] + [[2, 2, 1]]


def test_zeros_and_equal_images_score_one() -> None:
    image = some(1, (9, 9, 9))
    zeros = torch.zeros_like(image)
    scores = fast(torch.cat([image, image, zeros, zeros]), ONE)
    expected = torch.eye(4, device=DEVICE)
    for row, column in ((0, 1), (1, 0), (2, 3), (3, 2)):
        expected[row, column] = 1
    expected[:2, 2:] = expected[2:, :2] = plain_matrix(image, ONE, others=zeros)[0, 0]
    # The interpreter rounds products, where a GPU fuses them with the sum.
    torch.testing.assert_close(scores, expected, rtol=0, atol=0 if DEVICE == "cuda" else 2e-6)


def test_not_a_number_is_passed_on_to_its_pairs_only() -> None:
    images = torch.zeros(3, 1, 8, 8, 8, device=DEVICE)
    images[1, 0, 4, 4, 4] = torch.nan
    assert fast(images, ONE).isnan().tolist() == [[False, True, False], [True, False, True], [False, True, False]]


def test_the_memory_budget_changes_no_score() -> None:
    images = some(5, (7, 8, 9))
    budget = 2 * 4 * (7 * 8 * 9 + 2 * 1 * 2 * 3)
    parts = gpu_matrix(images, ONE, others=None, memory=budget, progress=None, program=SMALL)
    assert torch.equal(parts, fast(images, ONE))
    parts = gpu_matrix(images[:2], ONE, others=images[2:], memory=budget, progress=None, program=SMALL)
    assert torch.equal(parts, fast(images[:2], ONE, images[2:]))


def test_the_size_of_a_launch_changes_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    images, alone = some(5, (7, 8, 7)), Program(side=1, planes=2, rows=3)
    whole = fast(images, ONE, program=alone), fast(images[:2], ONE, images[2:], program=alone)
    monkeypatch.setattr(matrix, "SQUARE", 2)
    parts = fast(images, ONE, program=alone), fast(images[:2], ONE, images[2:], program=alone)
    assert torch.equal(parts[0], whole[0])
    assert torch.equal(parts[1], whole[1])


def test_progress_counts_pairs_up_to_all() -> None:
    seen: list[tuple[int, int]] = []
    gpu_matrix(
        some(3, (7, 7, 7)),
        ONE,
        others=some(2, (7, 7, 7)),
        memory=EVERYTHING,
        progress=lambda done, total: seen.append((done, total)),
        program=SMALL,
    )
    assert seen == [(6, 6)]
