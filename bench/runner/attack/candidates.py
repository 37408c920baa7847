"""About whom membership is asked: people the defense was trained on, and as many it never saw, in one heap.

The attacker gets their scans with labels, under names that tell nothing and in an order that tells nothing; who was
trained on stays with the scorer.
"""

from dataclasses import dataclass, replace
from typing import Any

from bench import seeds
from bench.attack import Attack
from bench.defense import Brought, Defense
from bench.errors import BenchError, GrantError
from bench.types.scan import Cohort, Revisits, Roles, Scan
from bench.types.threat import Goal, Knows, Owns

FAIR = frozenset(
    grant.value
    for grant in (Owns.AUXILIARY, Owns.CANDIDATES, Knows.CLIENT_CODE, Knows.TRAINING_CODE, Knows.SERVER_WEIGHTS)
)
"""What whoever asks about membership may be granted. The rest is about people of one known role: whoever shows in the
recorded traffic is of the test role, so was not trained on, and the client's pool may be that of the train role. Who
looks there learns how this benchmark deals its roles, and nothing about the server."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The question and its answer.

    Attributes:
        cohort: what the attacker gets, one scan a person.
        scans: the same scans under their own names, for the scorer.
        members: whether each was trained on.
    """

    cohort: Cohort
    scans: tuple[Scan, ...]
    members: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.scans)


def require_fair(attack: Attack) -> None:
    """Refuse a card that would give the answer away.

    Raises:
        GrantError: it does.
    """
    told = sorted(attack.threat.grants - FAIR)
    if attack.goal is Goal.MEMBERSHIP and told:
        raise GrantError(
            f"the threat model of {attack.name!r} grants {', '.join(told)}, which tells of people whose role is known, "
            f"so who was trained on; an attack on membership may have {', '.join(sorted(FAIR))}"
        )


def require_truth(attack: Attack, defense: Defense[Any]) -> None:
    """Refuse to ask what nobody here can answer.

    Raises:
        BenchError: the defense was trained elsewhere.
    """
    if attack.goal is Goal.MEMBERSHIP and isinstance(defense, Brought):
        raise BenchError(
            f"{defense.name} was trained elsewhere, on unknown people, so there is no truth to score {attack.name} "
            "against; choose a defense that the suite trains"
        )


def candidates_of(roles: Roles, seed: int, secret: str) -> Candidates:
    """The candidates of one split: the first scans of people of the train role and of as many of the test role.

    Args:
        seed: of the run; another seed asks about other people where one role has more than the other.
        secret: what the choice and the order depend on beside the public seed, see `bench.data.roles.data_secret`.

    Raises:
        BenchError: a role has fewer than two people.
    """
    trained, strangers = roles.train.first_visits().scans, roles.test.first_visits().scans
    each = min(len(trained), len(strangers))
    if each < 2:
        raise BenchError(
            f"membership is asked about two people of the train role and two of the test role at least, who have "
            f"{len(trained)} and {len(strangers)}; add people or change `shares`"
        )
    rng = seeds.generator(seed, "candidates", secret)
    pool = [(scan, True) for scan in _some(trained, each, rng.permutation(len(trained)).tolist())]
    pool += [(scan, False) for scan in _some(strangers, each, rng.permutation(len(strangers)).tolist())]
    pool = [pool[place] for place in rng.permutation(len(pool)).tolist()]
    scans, members = tuple(scan for scan, _ in pool), tuple(member for _, member in pool)
    return Candidates(_unnamed(roles.test, scans), scans, members)


def _some(scans: tuple[Scan, ...], count: int, order: list[int]) -> list[Scan]:
    return [scans[place] for place in order[:count]]


def _unnamed(like: Cohort, scans: tuple[Scan, ...]) -> Cohort:
    """The scans as a cohort in which every name is a number.

    Copies: where a scan lies in memory tells its place in the cohort's file, and so its role.
    """
    names = [f"candidate-{number:04d}" for number in range(len(scans))]
    bare = (
        replace(
            scan,
            image=scan.image.clone(),
            labels=scan.labels.clone(),
            subject=name,
            family=name,
            session="1",
            simulated=False,
        )
        for scan, name in zip(scans, names, strict=True)
    )
    return replace(like, name="candidates", scans=tuple(bare), revisits=Revisits.NONE, notes=())
