"""Parameters that count only within bounds."""

import math

from torch import Tensor


def held(parameter: Tensor, low: float, high: float = math.inf) -> Tensor:
    """The parameter, cut to [low, high]; its gradient passes as if it were not, so that it may come back."""
    return parameter + (parameter.clamp(low, high) - parameter).detach()
