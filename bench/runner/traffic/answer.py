"""A server's answer in the client's hands: decoded once, read at any number of queries."""

from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from bench.defense import Defense, QueryWise, Uncertain
from bench.runner.traffic import wire
from bench.runner.traffic.contract import held_to
from bench.types.traffic import Probabilities, Reply


class Answer:
    """The answer to one release, with the key to it.

    Args:
        reply: as it came over the wire.
    """

    def __init__(
        self, defense: Defense[Any], network: nn.Module, reply: np.ndarray, key: Any, device: torch.device
    ) -> None:
        self._defense, self._network, self._reply, self._key, self._device = defense, network, reply, key, device

    def recover(self, queries: int | None = None) -> Probabilities:
        """The segmentation from the first `queries` queries (None: all)."""
        with torch.inference_mode(), held_to(self._defense, "recover"):
            if isinstance(self._defense, QueryWise):
                return self._defense.pool(self._decoded[:queries], self._key)
            return self._defense.recover(self._read(queries), self._key, self._network)

    def uncertainty(self) -> Float[Tensor, "depth height width"] | None:
        """Where the segmentation from all queries may be wrong; None if the defense cannot tell."""
        with torch.inference_mode(), held_to(self._defense, "uncertainty"):
            if isinstance(self._defense, QueryWise):
                return self._defense.uncertainty_of(self._decoded, self._key)
            if isinstance(self._defense, Uncertain):
                return self._defense.uncertainty(self._read(None), self._key, self._network)
            return None

    @cached_property
    def _decoded(self) -> Float[Tensor, "query class depth height width"]:
        assert isinstance(self._defense, QueryWise)
        return self._defense.decode(self._read(None), self._key, self._network)

    def _read(self, queries: int | None) -> Reply:
        return Reply(wire.decode(self._reply[:queries], self._device))
