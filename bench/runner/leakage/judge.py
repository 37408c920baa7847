"""One place that turns claims, and the pictures or label maps of controls, into scores: judged alike, goal by goal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from bench.records.parts import Interval
from bench.records.privacy import Score
from bench.runner.leakage.likeness import likeness
from bench.runner.leakage.linking import (
    Labels,
    Pictures,
    against_clean,
    against_true_labels,
    among_themselves,
    linkages_of,
)
from bench.runner.leakage.overlap import overlap
from bench.runner.leakage.scores import HEADLINE, linkage_scores
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
    """

    goal: Goal
    scans: Sequence[Scan]
    auxiliary: Cohort
    device: torch.device
    recovered: Sequence[Labels] = ()

    @property
    def gallery(self) -> str:
        """What probes are looked for in, in words."""
        if self.goal is Goal.LINKAGE:
            return "encoded against encoded, leave one out"
        if self.goal is Goal.LABELS:
            return "label map against true label maps, own scan left out"
        return "reconstruction against clean scans, own scan left out"

    def linkages(self, claims: Sequence[Claim]) -> tuple[Linkage, ...]:
        """The linkage that each claim comes down to, one for every set of keys."""
        return linkages_of(claims, self.scans, self.device)

    def scores(self, claims: Sequence[Claim], linkages: Sequence[Linkage], axes: Axes) -> dict[str, Score]:
        """Every score, beside chance where chance is known."""
        found = linkage_scores(linkages, self.scans, axes)
        images = [claim.images for claim in claims if isinstance(claim, Reconstruction)]
        if images:
            close = likeness(images, self.scans, self.auxiliary, axes)
            found.update({name: Score(value=value, chance=None) for name, value in close.items()})
        maps = [claim.labels for claim in claims if isinstance(claim, LabelMaps)]
        if maps:
            found.update({name: Score(value=value, chance=None) for name, value in self._overlap(maps, axes).items()})
        return found

    def headline(self, claims: Sequence[Claim], axes: Axes) -> Interval:
        """The score that the leaderboard shows."""
        return linkage_scores(self.linkages(claims), self.scans, axes)[HEADLINE].value

    def pictures(self, repetitions: Sequence[Pictures], axes: Axes) -> Mapping[str, Interval]:
        """The same scores for given pictures in place of the attack's work, one stack for every set of keys."""
        if self.goal is Goal.LINKAGE:
            linkages = [Linkage(among_themselves(pictures, self.device)) for pictures in repetitions]
            close: Mapping[str, Interval] = {}
        else:
            linkages = [Linkage(against_clean(pictures, self.scans, self.device)) for pictures in repetitions]
            close = likeness(repetitions, self.scans, self.auxiliary, axes)
        found = linkage_scores(linkages, self.scans, axes)
        return {**{name: score.value for name, score in found.items()}, **close}

    def maps(self, repetitions: Sequence[Labels], axes: Axes) -> Mapping[str, Interval]:
        """The same scores for given label maps in place of the attack's, one stack for every set of keys."""
        linkages = [Linkage(against_true_labels(labels, self.scans, self.device)) for labels in repetitions]
        found = linkage_scores(linkages, self.scans, axes)
        return {**{name: score.value for name, score in found.items()}, **self._overlap(repetitions, axes)}

    def _overlap(self, repetitions: Sequence[Labels], axes: Axes) -> dict[str, Interval]:
        return overlap(repetitions, self.scans, self.auxiliary.classes, self.recovered, axes)
