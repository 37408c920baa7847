"""One place that turns claims, and the pictures or label maps of controls, into scores: judged alike, goal by goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from bench.records.parts import Interval
from bench.records.privacy import Score, Trace, TracePoint
from bench.runner.leakage.likeness import better_of_two, likeness
from bench.runner.leakage.linking import (
    Labels,
    Pictures,
    against_true_labels,
    among_themselves,
    linkages_of,
    looked_up,
)
from bench.runner.leakage.overlap import overlap
from bench.runner.leakage.scores import HEADLINE, linkage_scores
from bench.runner.leakage.traits import WORST, tell_traits
from bench.types.claim import Claim, LabelMaps, Linkage, Reconstruction
from bench.types.scan import Cohort, Scan
from bench.types.threat import Goal

Axes = tuple[str | int, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Judge:
    """Scores what is claimed about these scans.

    Attributes:
        goal: the attack's.
        scans: the scan behind every release, in the order of the transcript.
        auxiliary: the attacker's own scans.
        device: where pictures are compared.
        recovered: what the client itself makes of the replies, for every set of keys; empty where they were not
            recorded or labels are not the goal.
        wanted: which scans a reconstruction was asked of; None for all.
    """

    goal: Goal
    scans: Sequence[Scan]
    auxiliary: Cohort
    device: torch.device
    recovered: Sequence[Labels] = ()
    wanted: tuple[int, ...] | None = None

    def gallery(self, claim: Claim) -> str:
        """What probes are looked for in, in words."""
        if self.goal is Goal.LINKAGE:
            return "encoded against encoded, leave one out"
        if self.goal is Goal.LABELS:
            return "label map against true label maps, own scan left out"
        if isinstance(claim, Reconstruction) and claim.filters is not None:
            return "filter against clean scans by correlation, own scan left out"
        return "reconstruction against clean scans, own scan left out"

    @property
    def reconstructed(self) -> tuple[Scan, ...]:
        """The scans that a reconstruction is compared with."""
        return tuple(self.scans) if self.wanted is None else tuple(self.scans[index] for index in self.wanted)

    def linkages(self, claims: Sequence[Claim]) -> tuple[Linkage, ...]:
        """The linkage that each claim comes down to, one for every set of keys.

        In the precision that it is stored in beside the record: whoever counts again must find the same ties.
        """
        found = linkages_of(claims, self.scans, self.auxiliary, self.device, self.wanted)
        return tuple(replace(linkage, scores=linkage.scores.float()) for linkage in found)

    def scores(self, claims: Sequence[Claim], linkages: Sequence[Linkage], axes: Axes) -> dict[str, Score]:
        """Every score, beside chance where chance is known."""
        found = linkage_scores(linkages, self.scans, axes)
        claimed = [claim for claim in claims if isinstance(claim, Reconstruction)]
        if claimed:
            close = likeness([claim.images for claim in claimed], self.reconstructed, self.auxiliary, axes)
            both = [(claim.images, claim.others) for claim in claimed if claim.others is not None]
            if both:
                close["ms_ssim_better_of_two"] = better_of_two(both, self.reconstructed, axes)
            found.update({name: Score(value=value, chance=None) for name, value in close.items()})
        maps = [claim.labels for claim in claims if isinstance(claim, LabelMaps)]
        if maps:
            found.update({name: Score(value=value, chance=None) for name, value in self._overlap(maps, axes).items()})
        return found

    def traces(self, claims: Sequence[Claim], axes: Axes) -> list[Trace]:
        """How close images come along what the attack may spend more of."""
        claimed = [claim for claim in claims if isinstance(claim, Reconstruction)]
        return [self._trace(name, claimed, axes) for name in (claimed[0].traces if claimed else ())]

    def _trace(self, name: str, claims: Sequence[Reconstruction], axes: Axes) -> Trace:
        points = []
        for place, at in enumerate(claims[0].along[name]):
            images = [claim.traces[name][place] for claim in claims]
            scans = self.reconstructed[: len(images[0])]
            scores = likeness(images, scans, self.auxiliary, (*axes, "trace", name, place))
            points.append(TracePoint(at=float(at), scores=scores))
        return Trace(along=name, points=points)

    def headline(self, claims: Sequence[Claim], axes: Axes) -> Interval:
        """The score that the leaderboard shows."""
        if self.goal is Goal.ATTRIBUTE:
            return tell_traits(claims, self.scans, self.auxiliary, axes).scores[WORST].value
        return linkage_scores(self.linkages(claims), self.scans, axes)[HEADLINE].value

    def pictures(self, repetitions: Sequence[Pictures], axes: Axes) -> Mapping[str, Interval]:
        """The same scores for given pictures in place of the attack's work; as clean scans they lie in [0, 1].

        Args:
            repetitions: pictures of all scans, one stack for every set of keys.
        """
        if self.goal is Goal.LINKAGE:
            linkages = [Linkage(among_themselves(pictures, self.device)) for pictures in repetitions]
            close: Mapping[str, Interval] = {}
        else:
            images = [pictures.clamp(0, 1) for pictures in repetitions]  # as attacks that know what a scan is do
            asked = images if self.wanted is None else [pictures[list(self.wanted)] for pictures in images]
            linkages = [looked_up(pictures, self.scans, self.device, self.wanted) for pictures in asked]
            close = likeness(asked, self.reconstructed, self.auxiliary, axes)
        found = linkage_scores(linkages, self.scans, axes)
        return {**{name: score.value for name, score in found.items()}, **close}

    def maps(self, repetitions: Sequence[Labels], axes: Axes) -> Mapping[str, Interval]:
        """The same scores for given label maps in place of the attack's, one stack for every set of keys."""
        linkages = [Linkage(against_true_labels(labels, self.scans, self.device)) for labels in repetitions]
        found = linkage_scores(linkages, self.scans, axes)
        return {**{name: score.value for name, score in found.items()}, **self._overlap(repetitions, axes)}

    def _overlap(self, repetitions: Sequence[Labels], axes: Axes) -> dict[str, Interval]:
        return overlap(repetitions, self.scans, self.auxiliary.classes, self.recovered, axes)
