"""What more calls of the prior, more restarts and more queries buy: the same scans again, with less of each."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from bench.attacks.separation.separator import Queries, Separated, Separator, Trace, Traces

QUERIES = (1, 3, 10, 30)
"""Numbers of queries that are tried, as far as so many were sent."""


def traces_of(
    separator: Separator,
    whole: Separated,
    queries: Queries,
    alpha_of: Callable[[Queries], Float[Tensor, " scan"]],
    generator: torch.Generator,
) -> Traces:
    """Traces of some scans along `calls`, `restarts` and `queries`; those with a single point are left out.

    Args:
        whole: what came of all queries with everything that the separator has.
        queries: of the same scans.
        alpha_of: the targets' weights from fewer queries.
    """
    found = {"calls": _calls(separator, whole, queries, alpha_of(queries), generator), "restarts": _restarts(whole)}
    found["queries"] = _queries(separator, whole, queries, alpha_of, generator)
    return {name: trace for name, trace in found.items() if len(trace.along) > 1}


def _calls(
    separator: Separator,
    whole: Separated,
    queries: Queries,
    alpha: Float[Tensor, " scan"],
    generator: torch.Generator,
) -> Trace:
    cheaper = separator.cheaper()
    done = [one(queries, alpha, generator, _nobody).best[0] for one in cheaper]
    return Trace(
        along=[*(float(one.calls) for one in cheaper), float(separator.calls)],
        images=torch.stack([*done, whole.best[0]]),
    )


def _restarts(whole: Separated) -> Trace:
    count = torch.arange(1, len(whole.targets) + 1, device=whole.targets.device)
    means = whole.targets.cumsum(dim=0) / count[:, None, None, None, None, None]
    return Trace(along=[float(number) for number in count], images=means)


def _queries(
    separator: Separator,
    whole: Separated,
    queries: Queries,
    alpha_of: Callable[[Queries], Float[Tensor, " scan"]],
    generator: torch.Generator,
) -> Trace:
    sent = queries.shape[1]
    fewer = [count for count in QUERIES if count < sent]
    done = []
    for count in fewer:
        seen = queries[:, :count]
        done.append(separator(seen, alpha_of(seen), generator, _nobody).best[0])
    return Trace(along=[*map(float, fewer), float(sent)], images=torch.stack([*done, whole.best[0]]))


def _nobody(calls: int) -> None:
    pass
