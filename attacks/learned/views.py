"""Two releases of each of the attacker's own people, to learn by which of a release's traits a person is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import final

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from bench.attacks.learned.bank import Bank
from bench.attacks.learned.describe import Described, Describer
from bench.attacks.learned.people import judging_families

FLOOR = 1e-4
"""Least variance of a coordinate, as a share of the mean: what never varies must not drown the rest."""


@dataclass(frozen=True, eq=False)
class Views:
    """Two releases of each of some people, first ones first.

    Attributes:
        learn: of people whom the networks learn from.
        judge: of people whom they never learn from.
    """

    learn: Described
    judge: Described
    mean: Float[Tensor, "filtered frequency"]
    variance: Float[Tensor, "filtered frequency"]


@final
@dataclass(frozen=True, eq=False, kw_only=True)
class TwoOfEach:
    """Draws people and two releases of each: of two visits where there are, else under two keys.

    Attributes:
        bank: all own releases; asked for at the first batch, so never by a network that is found trained.
        describe: prepares them.
        batch: most people in a batch.
        judges: every n-th family, for this n, is one that networks never learn from.
    """

    bank: Bank
    describe: Describer
    batch: int
    judges: int
    device: torch.device

    @cached_property
    def _all(self) -> tuple[Described, Int64[Tensor, " release"], Int64[Tensor, " release"]]:
        people: list[int] = []
        visits: list[int] = []

        def looks() -> Iterator[Tensor]:
            for own in self.bank:
                people.append(own.person)
                visits.append(own.visit)
                yield own.look

        return self.describe(looks()), torch.tensor(people), torch.tensor(visits)

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        rows = self._all[0].coordinates.float()
        variance = rows.var(dim=0, correction=0)
        floor = FLOOR * variance.mean(dim=1, keepdim=True)
        return rows.mean(dim=0).to(self.device), variance.clamp(min=floor.clamp(min=1e-12)).to(self.device)

    @cached_property
    def _judging(self) -> Bool[Tensor, " person"]:
        own = self.bank.own
        apart = judging_families(own, self.judges)
        family = {scan.subject: scan.family for scan in own}
        return torch.tensor([family[subject] in apart for subject in own.subjects])

    def draw(self, generator: torch.Generator) -> Views:
        """A batch on the generator's device.

        Raises:
            BenchError: fewer than four families, two to learn from and two to judge by.
        """
        described, people, _ = self._all
        count = int(people.max()) + 1
        real = self._judging
        judge = real[torch.arange(count) % len(real)]  # a made-up person goes with the real one
        lots = torch.rand(2, count, generator=generator, device=generator.device).cpu()
        chosen = [self._pairs(lots[i], who, generator) for i, who in enumerate((~judge, judge))]
        learn, judged = (described[rows].to(self.device) for rows in chosen)
        return Views(learn, judged, *self._moments)

    def _pairs(self, lots: Tensor, allowed: Tensor, generator: torch.Generator) -> Int64[Tensor, " release"]:
        _, people, visits = self._all
        order = torch.where(allowed, lots, -1.0).argsort(descending=True)
        persons = order[: min(self.batch, int(allowed.sum()))]
        chance = torch.rand(2, len(persons), len(people), generator=generator, device=generator.device).cpu()
        mine = people[None] == persons[:, None]
        first = torch.where(mine, chance[0], -1.0).argmax(dim=1)
        # Another visit if there is one, else another release; the same one only if there is no other.
        rank = mine * (1.0 + (visits[None] != visits[first][:, None])) + 0.5 * chance[1]
        second = rank.scatter(1, first[:, None], 0.75).argmax(dim=1)
        return torch.cat([first, second])
