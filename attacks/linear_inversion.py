"""All mixtures of all releases as one system of linear equations.

Source: the observation that mixing gives linear systems (Plesa et al., "Augmented mixup", TMLR 2026; Carlini et al.,
S&P 2021, for the step that finds which encodings share a source); the equations and their solution are ours, see
`bench.attacks.mixtures`.
Threat model: T1; sees all queries of every release and owns scans of other people. Neither keys nor references.

1. Alphas of every release alone: from its spread, or one for each query by factor analysis (`alphas=own`).
2. Which mixtures hold the same reference: what is left of them without their target correlates (K >= 3); of fewer
   queries, three or more releases whose products are those of one common factor (`common`), which also gives alpha.
3. Those ties fix the alphas further: the most probable ones, all equations together.
4. Best linear estimate of all targets at once. Without ties that is the mean of m_k / a_k around the mean brain,
   weighed by a_k^2 / (1 - a_k)^2. With N K equations for N targets and R < N (K - 1) references it is an inversion, up
   to rounding and one direction: adding t to all references and -(1 - a_i) / a_i t to every target changes nothing.

Scans that were mixed cube by cube are solved place by place, each with its alphas and ties. What comes out is looked up
among clean scans by correlation without the mean brain, not by MS-SSIM: brains look alike.
Left out: mixtures of more than one reference, and a reference that only two releases of one or two queries share: two
scans of one person look the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bench.attack import Attack
from bench.attacks.matched.filters import filters_for
from bench.attacks.mixtures.alphas import likeliest_alphas, own_alphas, shared_alpha
from bench.attacks.mixtures.common import common_references
from bench.attacks.mixtures.equations import target_weights
from bench.attacks.mixtures.links import LARGEST_SHARE, remainders, shared_references
from bench.attacks.mixtures.people import People
from bench.attacks.mixtures.places import Place, Solved, solve_everywhere
from bench.attacks.separation.weights import CLOSEST
from bench.types.claim import Reconstruction
from bench.types.threat import Goal, Observes, Owns, ThreatModel, Tier
from bench.types.training import Trainer
from bench.view import AttackerView


@final
@dataclass(frozen=True, kw_only=True)
class LinearInversion(Attack):
    """Solve for every target, with references recognised where they return.

    Attributes:
        alphas: whether queries of a release share their alpha (Eq. 5 of Mixup-Privacy, public) or have one each.
        link: look for references that several releases share.
        iterations: steps towards the most probable alphas, where references are shared; 0: keep the first estimates.
        noise: variance of what is no mixture, as a share of a person's; large: solutions stay close to the mean brain.
        whiten: as in `tta-mean`; also decides how well references are recognised.
        even: principal components of the own scans that are evened out when images are looked up among clean scans.
    """

    name: ClassVar[str] = "linear-inversion"
    summary: ClassVar[str] = "solve all mixtures together for targets and shared references"
    source: ClassVar[str] = "best linear estimate; Plesa et al. 2026; Carlini et al. 2021"
    goal: ClassVar[Goal] = Goal.RECONSTRUCTION
    threat: ClassVar[ThreatModel] = ThreatModel(
        tier=Tier.KNOWS_DISTRIBUTION, observes=frozenset({Observes.RELEASE}), owns=frozenset({Owns.AUXILIARY})
    )

    alphas: Literal["shared", "own"] = "shared"
    link: bool = True
    iterations: int = 40
    noise: float = 1e-3
    whiten: float = 0.75
    even: int = 10

    def __post_init__(self) -> None:
        if self.iterations < 0:
            raise ValueError(f"iterations must be >= 0, got {self.iterations}")
        if not self.noise > 0:
            raise ValueError(f"noise must be > 0, got {self.noise}")
        if not 0 <= self.whiten <= 1:
            raise ValueError(f"whiten must be in [0, 1], got {self.whiten}")
        if self.even < 0:
            raise ValueError(f"even must be >= 0, got {self.even}")

    def run(self, view: AttackerView, trainer: Trainer) -> Reconstruction:
        """One image a release."""
        solved = solve_everywhere(view.auxiliary, view.releases, self.solve)
        own = torch.stack([scan.image for scan in view.auxiliary])
        filters = filters_for(solved.images, own, self.even)
        return Reconstruction(images=solved.images.clamp(0, 1), filters=filters, details=solved.details)

    def solve(self, place: Place) -> Solved:
        """All targets at one place, from the mixtures there."""
        people = People.of(place.own, whiten=self.whiten)
        features = [people.features(queries) for queries in place.queries]
        deviation = people.deviation(place.own)
        own = self.alphas == "own"
        found = equations(features, people.variance, people.mean_error, own=own, link=self.link, deviation=deviation)
        if self.iterations and found.tied:
            found = self._likeliest(found, torch.cat(features), people.variance)
        weights = target_weights(found.alpha, found.target, found.reference, self.noise).float()
        images = people.mean.expand(len(place.queries), *people.mean.shape).clone()
        for i, queries in enumerate(place.queries):
            images += torch.einsum("tk,kcdhw->tcdhw", weights[:, found.target == i], queries - people.mean)
        by_query = [found.alpha[found.target == i] for i in range(len(place.queries))]
        details = {
            "mixtures": len(found.alpha),
            "references": int(found.reference.max()) + 1,
            "alpha": [round(float(alphas.mean()), 4) for alphas in by_query],
        }
        if self.alphas == "own" and len(found.alpha) > len(by_query):
            details["alpha of every query"] = [[round(value, 4) for value in alphas.tolist()] for alphas in by_query]
        return Solved(images, details)

    def _likeliest(self, found: "Equations", features: Tensor, variance: float) -> "Equations":
        which = torch.arange(len(found.alpha)) if self.alphas == "own" else found.target
        start = found.alpha.new_zeros(int(which.max()) + 1).index_put((which,), found.alpha)
        alpha = likeliest_alphas(
            start,
            which,
            found.target,
            found.reference,
            (features @ features.T).double() / variance,
            noise=self.noise,
            iterations=self.iterations,
        )
        return replace(found, alpha=alpha[which])


@final
@dataclass(frozen=True, eq=False)
class Equations:
    """What is known of every mixture.

    Attributes:
        alpha: its weight.
        target, reference: what it holds, counted from 0; the same number for what is the same.
    """

    alpha: Float[Tensor, " mixture"]
    target: Int[Tensor, " mixture"]
    reference: Int[Tensor, " mixture"]

    @property
    def tied(self) -> bool:
        """Whether any reference stands in two equations."""
        return int(self.reference.max()) + 1 < len(self.reference)


def equations(
    features: Sequence[Float[Tensor, "query coordinate"]],
    variance: float,
    mean_error: float = 0.0,
    *,
    own: bool = False,
    link: bool = True,
    deviation: float = 0.0,
) -> Equations:
    """First estimates, release by release, and the references that releases share.

    Args:
        features: of every release's queries, without the mean brain; different people are nearly orthogonal in them.
        variance: of a person in these coordinates.
        mean_error: of the mean brain, as a share of `variance`.
        own: one alpha for every query instead of one for the release.
        link: look for shared references; else everybody has their own.
        deviation: standard deviation of products of different people, as a share of `variance`.
    """
    alphas, units, shares = [], [], []
    for queries in features:
        if own:
            alpha = own_alphas(queries, variance, mean_error)
        else:
            alpha = torch.full((len(queries),), shared_alpha(queries, variance, mean_error), dtype=torch.float64)
        unit, share = remainders(queries, alpha.to(queries.dtype))
        alphas.append(alpha)
        units.append(unit)
        shares.append(share)
    target = torch.arange(len(features)).repeat_interleave(torch.tensor([len(queries) for queries in features]))
    reference = torch.arange(len(target))
    alpha = torch.cat(alphas)
    if link:
        everything = torch.cat(units)
        reference = shared_references(everything @ everything.T, torch.cat(shares))
        short = (torch.cat(shares) > LARGEST_SHARE).nonzero()[:, 0]
        products = torch.cat(list(features))[short] @ torch.cat(list(features))[short].T / variance - mean_error
        found = common_references(products, target[short], deviation)
        held = short[found.group >= 0]
        alpha[held] = (1 - found.weight[found.group >= 0]).clamp(CLOSEST, 1 - CLOSEST)
        reference[held] = len(reference) + found.group[found.group >= 0]
        _, reference = torch.unique(reference, return_inverse=True)
    return Equations(alpha, target, reference)
