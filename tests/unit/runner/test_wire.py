"""Only what was sent is measured: half precision, checked and counted."""

import numpy as np
import pytest
import torch

from bench.runner.traffic import wire

CPU = torch.device("cpu")


def test_what_arrives_is_what_half_precision_keeps() -> None:
    values = torch.tensor([0.1, 1 / 3, 1.0])
    arrived = wire.decode(wire.encode(values), CPU)
    assert arrived.dtype == torch.float32
    assert torch.equal(arrived, values.half().float())
    assert not torch.equal(arrived, values)


def test_a_value_takes_two_bytes() -> None:
    assert wire.encode(torch.zeros(2, 1, 3, 4, 5)).nbytes == 2 * 3 * 4 * 5 * 2


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e6])
def test_what_cannot_be_sent_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"cannot send NaN or infinite values \(1 of 3\)"):
        wire.encode(torch.tensor([0.0, bad, 1.0]))


def test_the_reader_may_write_into_what_it_got() -> None:
    sent = wire.encode(torch.ones(3))
    wire.decode(sent, CPU).zero_()
    assert np.array_equal(sent, np.ones(3))
