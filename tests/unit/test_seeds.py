"""Named axes of randomness."""

from bench.seeds import generator, seed


def test_same_axes_same_numbers() -> None:
    assert generator(0, "key", "scan").random() == generator(0, "key", "scan").random()


def test_any_other_axis_gives_other_numbers() -> None:
    axes = [(0, "key"), (1, "key"), (0, "attack"), (0, "key", 0), ("0", "key"), (0, "ke", "y")]
    assert len({seed(*each) for each in axes}) == len(axes)


def test_seeds_fit_every_library() -> None:
    assert all(0 <= seed(number) < 2**63 for number in range(100))
