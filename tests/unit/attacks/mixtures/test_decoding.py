"""Decoding answers: exact where they are ideal mixtures, the most probable class where nothing is mixed."""

import pytest
import torch
from torch.nn import functional as F

from bench.attacks.mixtures.decoding import (
    alpha_from_deviations,
    beyond_average,
    class_frequencies,
    costs,
    decode,
    levels,
    most_likely,
)
from bench.types.scan import Cohort, Roles
from bench.types.traffic import Reply

SHAPE = (9, 8, 7)
CLASSES = 4
RNG = torch.Generator().manual_seed(11)


def _labels(count: int) -> torch.Tensor:
    return torch.randint(0, CLASSES, (count, *SHAPE), generator=RNG)


def _one_hot(labels: torch.Tensor) -> torch.Tensor:
    return F.one_hot(labels, CLASSES).movedim(-1, -4).float()


def _mixed(target: torch.Tensor, references: torch.Tensor, alpha: float) -> torch.Tensor:
    return alpha * _one_hot(target)[None] + (1 - alpha) * _one_hot(references)


@pytest.mark.parametrize("alpha", [0.15, 0.3, 0.45, 0.6, 0.85])
@pytest.mark.parametrize("queries", [3, 8])
def test_ideal_answers_to_several_queries_are_decoded_exactly(roles: Roles, alpha: float, queries: int) -> None:
    targets = _labels(2)
    replies = [Reply(_mixed(target, _labels(queries), alpha).half().float()) for target in targets]
    found = decode(replies, _cohort(roles))
    assert torch.equal(found.labels.long(), targets)
    assert found.alphas == pytest.approx([alpha, alpha], abs=1e-3)
    assert found.sharp == 2


@pytest.mark.parametrize("alpha", [0.55, 0.8])
def test_one_ideal_answer_is_decoded_exactly_where_the_target_weighs_more(alpha: float) -> None:
    target = _labels(1)[0]
    maps = _mixed(target, _labels(1), alpha)
    found, shows = levels(maps)
    assert shows
    assert found == pytest.approx(alpha, abs=1e-3)
    assert torch.equal(most_likely(maps, found).long(), target)


def test_one_ideal_answer_below_a_half_shows_the_reference_instead() -> None:
    target, reference = _labels(1), _labels(1)
    maps = _mixed(target[0], reference, 0.3)
    assert torch.equal(most_likely(maps, levels(maps)[0]).long(), reference[0])


def test_no_class_of_the_reference_explains_an_answer_better_than_the_closed_form() -> None:
    maps = torch.rand(3, CLASSES, *SHAPE, generator=RNG).softmax(dim=1)
    alpha, e = 0.35, torch.eye(CLASSES)
    every = torch.stack(
        [
            torch.stack(
                [
                    (maps - (alpha * e[c] + (1 - alpha) * e[j])[None, :, None, None, None]).square().sum(1)
                    for j in range(4)
                ]
            ).amin(0)
            for c in range(CLASSES)
        ],
        dim=1,
    )
    assert torch.allclose(costs(maps, alpha) + maps.square().sum(1, keepdim=True), every, atol=1e-5)


def test_a_single_answer_that_is_no_mixture_gives_its_most_probable_class(roles: Roles) -> None:
    replies = [Reply((3 * torch.randn(1, CLASSES, *SHAPE, generator=RNG)).softmax(dim=1)) for _ in range(3)]
    found = decode(replies, _cohort(roles))
    assert torch.equal(found.labels.long(), torch.stack([reply.maps[0].argmax(dim=0) for reply in replies]))
    assert found.sharp == 0


def test_equal_answers_are_taken_at_their_word(roles: Roles) -> None:
    maps = (3 * torch.randn(2, CLASSES, *SHAPE, generator=RNG)).softmax(dim=1)
    found = decode([Reply(one.expand(4, -1, -1, -1, -1)) for one in maps], _cohort(roles))
    assert torch.equal(found.labels.long(), maps.argmax(dim=1))
    assert min(found.alphas) > 0.95


def test_a_certain_answer_is_level(roles: Roles) -> None:
    target = _labels(1)[0]
    assert levels(_one_hot(target)[None]) == (pytest.approx(0.99), True)


@pytest.mark.parametrize("certainty", [1.0, 0.4])
@pytest.mark.parametrize("alpha", [0.3, 0.7])
def test_alpha_from_deviations_does_not_mind_how_certain_the_server_is(alpha: float, certainty: float) -> None:
    everybody = torch.full((CLASSES, *SHAPE), 1 / CLASSES)
    found = []
    for _ in range(20):
        maps = certainty * _mixed(_labels(1)[0], _labels(10), alpha) + (1 - certainty) * everybody
        found.append(alpha_from_deviations(maps, everybody))
    assert sum(found) / len(found) == pytest.approx(alpha, abs=0.01)


def test_what_an_unsure_server_says_of_everybody_is_replaced_by_what_is_true_of_them() -> None:
    truth, atlas = _labels(1)[0], torch.full((CLASSES, *SHAPE), 1 / CLASSES)
    bias = torch.zeros(CLASSES, 1, 1, 1)
    bias[2] = 1.0  # this server prefers class 2, whatever it is shown
    average = atlas + bias
    maps = average + 0.2 * (_one_hot(truth) - atlas)[None] + 0.01 * torch.randn(4, CLASSES, *SHAPE, generator=RNG)
    assert torch.equal(beyond_average(maps, average, atlas).long(), truth)
    assert bool((maps.mean(0).argmax(0) == 2).all())


def test_an_unsure_answer_to_several_queries_shows_no_levels() -> None:
    maps = 0.6 * _mixed(_labels(1)[0], _labels(4), 0.6) + 0.4 * torch.rand(4, CLASSES, *SHAPE, generator=RNG).softmax(1)
    assert not levels(maps)[1]


def test_class_frequencies_are_shares(roles: Roles) -> None:
    found = class_frequencies(roles.auxiliary)
    assert torch.allclose(found.sum(0), torch.ones(()), atol=1e-6)
    own = torch.stack([scan.labels for scan in roles.auxiliary])
    assert torch.allclose(found[2], (own == 2).float().mean(0), atol=1e-6)


def _cohort(roles: Roles) -> Cohort:
    """Own scans on the grid of these toys: nothing but which classes there are."""
    cut = tuple(slice(0, side) for side in SHAPE)
    scans = tuple(
        type(scan)(
            image=scan.image[(slice(None), *cut)],
            labels=scan.labels[cut],
            subject=scan.subject,
            family=scan.family,
            session=scan.session,
        )
        for scan in roles.auxiliary
    )
    return roles.auxiliary.only(scans)
