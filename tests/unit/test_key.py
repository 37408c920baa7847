"""What the suite reads off secrets of any type."""

from types import SimpleNamespace

import pytest
import torch

from bench.types.key import labels_in, weight_in


@pytest.mark.parametrize(
    "key", [None, 7, b"secret", SimpleNamespace(weights=torch.ones(2)), SimpleNamespace(alpha=None, labels="no")]
)
def test_a_key_without_either_tells_nothing(key: object) -> None:
    assert weight_in(key) is None
    assert labels_in(key) is None


@pytest.mark.parametrize("alpha", [0.25, torch.tensor([0.1, 0.4]), torch.tensor([0.1, 0.4])[:, None].expand(2, 8)])
def test_the_weight_is_the_mean_over_queries_and_voxels(alpha: object) -> None:
    assert weight_in(SimpleNamespace(alpha=alpha)) == pytest.approx(0.25)


def test_labels_are_one_map_a_query_or_none() -> None:
    maps = torch.zeros(2, 4, 5, 6, dtype=torch.uint8)
    assert labels_in(SimpleNamespace(labels=maps)) is maps
    assert labels_in(SimpleNamespace(labels=None)) is None
    assert labels_in(SimpleNamespace(labels=maps[:, None])) is None  # several a query
