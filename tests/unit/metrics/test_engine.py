"""The compiled MS-SSIM engine: when it is used, and what must be exact."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from bench.metrics import pairwise_msssim
from bench.metrics.engine.cpu import matrix, passes
from bench.metrics.engine.cpu.matrix import engine_matrix
from bench.metrics.engine.cpu.prepared import BLOCK, blocks_of
from bench.metrics.engine.shapes import bytes_per_image
from bench.metrics.msssim import MsSsimSettings
from bench.metrics.pairwise_msssim import ms_ssim_matrix

TWO_LEVELS = MsSsimSettings(levels=2)
MEMORY = 2**30


def images(count: int, seed: int, shape: tuple[int, int, int] = (15, 17, 16)) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return 0.5 * torch.rand(1, 1, *shape, generator=rng) + 0.5 * torch.rand(count, 1, *shape, generator=rng)


def fast(rows: Tensor, others: Tensor | None = None, progress: Callable[[int, int], None] | None = None) -> Tensor:
    return engine_matrix(rows, TWO_LEVELS, others=others, memory=MEMORY, progress=progress)


@pytest.fixture
def engine_runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for every call of the engine."""
    runs: list[int] = []
    engine = matrix.engine_matrix

    def counted(rows: Any, *args: Any, **kwargs: Any) -> Tensor:
        runs.append(len(rows))
        return engine(rows, *args, **kwargs)

    monkeypatch.setattr(matrix, "engine_matrix", counted)
    return runs


def test_a_small_cohort_does_not_start_the_engine(engine_runs: list[int]) -> None:
    ms_ssim_matrix(images(4, 0), TWO_LEVELS)
    assert engine_runs == []


def test_a_large_cohort_does(engine_runs: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairwise_msssim, "ENGINE_PAYS", 6 * 15 * 17 * 16)
    ms_ssim_matrix(images(3, 0), TWO_LEVELS)
    assert engine_runs == []
    ms_ssim_matrix(images(4, 0), TWO_LEVELS)
    ms_ssim_matrix(images(2, 0), TWO_LEVELS, others=images(3, 1))
    assert engine_runs == [4, 2]


@pytest.mark.parametrize(
    ("of", "chosen"),
    [(images(3, 0).double(), TWO_LEVELS), (images(3, 0), MsSsimSettings(levels=2, window=5))],
    ids=["double precision", "another window"],
)
def test_what_it_was_not_written_for_goes_the_plain_path(
    of: Tensor, chosen: MsSsimSettings, engine_runs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairwise_msssim, "ENGINE_PAYS", 1)
    assert ms_ssim_matrix(of, chosen).dtype == of.dtype
    assert engine_runs == []


@pytest.mark.parametrize(
    ("device", "dtype", "window", "triton", "room"),
    [
        ("cpu", torch.float32, 7, False, "cpu"),
        ("cuda:1", torch.float32, 7, True, "gpu"),
        ("cuda:1", torch.float32, 7, False, None),
        ("cuda", torch.float64, 7, True, None),
        ("cuda", torch.float32, 5, True, None),
        ("mps", torch.float32, 7, True, None),
    ],
)
def test_every_kind_of_device_has_its_room(
    device: str, dtype: torch.dtype, window: int, triton: bool, room: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairwise_msssim, "find_spec", lambda name: object() if triton and name == "triton" else None)
    assert pairwise_msssim.room_for(torch.device(device), dtype, MsSsimSettings(levels=2, window=window)) == room


def test_equal_images_score_exactly_one() -> None:
    image = images(1, 5)
    assert fast(image, torch.cat([image, image.clone()])).tolist() == [[1.0, 1.0]]
    assert fast(torch.cat([image, image])).tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_nothing_at_all_is_equal_to_nothing() -> None:
    assert fast(torch.zeros(3, 1, 15, 17, 16)).tolist() == [[1.0] * 3] * 3


def test_order_of_the_pair_changes_no_bit() -> None:
    rows, others = images(3, 7), images(5, 8)
    assert torch.equal(fast(rows, others), fast(others, rows).T)
    together = fast(torch.cat([rows, others]))
    assert torch.equal(together, together.T)
    assert torch.equal(together[:3, 3:], fast(rows, others))


def test_not_a_number_is_passed_on_to_its_pairs_only() -> None:
    some = torch.zeros(6, 1, 15, 17, 16)
    some[1, 0, 4, 4, 4] = torch.nan
    scores = fast(some)
    wrong = torch.zeros(6, 6, dtype=torch.bool)
    wrong[1], wrong[:, 1] = True, True
    wrong.fill_diagonal_(False)
    assert torch.equal(scores.isnan(), wrong)


def test_progress_counts_pairs_up_to_all() -> None:
    seen: list[tuple[int, int]] = []
    fast(images(6, 1), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(6, 15), (14, 15), (15, 15)]  # tiles of four: 0-3 with 0-3, 0-3 with 4-5, 4-5 with 4-5
    seen.clear()
    fast(images(5, 1), images(2, 2), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(8, 10), (10, 10)]


def test_images_are_left_alone_and_may_need_gradients() -> None:
    some = images(3, 12)
    before = some.clone()
    scores = fast(some.requires_grad_())
    assert not scores.requires_grad
    assert torch.equal(some.detach(), before)


def test_an_interrupt_of_the_progress_ends_the_work() -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fast(images(9, 3), progress=stop)


def test_blocks_cover_the_result_once() -> None:
    shape = (2 * BLOCK[0] + 9, BLOCK[1] + 6, 20)
    covered = torch.zeros(shape[0] - 6, shape[1] - 6, shape[2] - 6)
    for top, bottom, front, back, left, right in blocks_of(shape).tolist():
        covered[top:bottom, front:back, left:right] += 1
    assert (covered == 1).all()


def test_several_blocks_score_like_one(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (24, 75, 15)  # two blocks along two axes
    some, chosen = images(2, 9, shape), MsSsimSettings(levels=1)
    assert len(blocks_of(shape)) == 4
    score = engine_matrix(some, chosen, others=None, memory=MEMORY, progress=None)[0, 1]
    assert float(score) == pytest.approx(float(pairwise_msssim.plain_matrix(some, chosen)[0, 1]), abs=1e-6)


def test_memory_of_an_image_is_what_its_arrays_take() -> None:
    # 15x17x16 and its 9x11x10, halved to 8x9x8 and its 2x3x2; four bytes each, statistics twice.
    assert bytes_per_image((15, 17, 16), TWO_LEVELS) == 4 * (4080 + 2 * 990 + 576 + 2 * 12)


def test_without_a_folder_for_machine_code_it_is_compiled_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def njit(*, cache: bool = False, **options: Any) -> Callable[[Any], Any]:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function 'f': no locator available")
        return lambda function: function

    monkeypatch.setattr(passes, "njit", njit)
    assert passes.compiled(len) is len
    assert asked == [True, False]
