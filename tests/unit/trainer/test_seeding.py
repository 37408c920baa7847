"""What a plugin switches for itself stays with it."""

import pytest
import torch

from bench.trainer.seeding import seeded_torch


def test_the_generator_is_seeded_by_its_axes_and_restored() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    with seeded_torch(0, "attack"):
        first = torch.rand(3)
    assert torch.equal(torch.rand(3), expected)
    with seeded_torch(0, "attack"):
        assert torch.equal(torch.rand(3), first)
    with seeded_torch(0, "defense"):
        assert not torch.equal(torch.rand(3), first)


def _switch_everything() -> None:
    torch.set_num_threads(torch.get_num_threads() + 1)
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.set_float32_matmul_precision("medium")
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = not torch.backends.cudnn.benchmark
    raise RuntimeError("and it fails")


def test_switches_are_put_back_even_if_the_attack_fails() -> None:
    def state() -> tuple[object, ...]:
        return (
            torch.get_num_threads(),
            torch.get_default_dtype(),
            torch.is_grad_enabled(),
            torch.get_float32_matmul_precision(),
            torch.are_deterministic_algorithms_enabled(),
            torch.backends.cudnn.benchmark,
        )

    before = state()
    with pytest.raises(RuntimeError, match="it fails"), seeded_torch(0, "attack"):
        _switch_everything()
    assert state() == before
