"""The attacker's view: holds what the threat model grants and nothing else."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from torch import Tensor, nn

from bench.errors import GrantError
from bench.types.scan import Cohort, Scan
from bench.types.threat import GRANTS, Knows, Observes, Owns, ThreatModel
from bench.types.traffic import Release, Reply, Transcript

ClientCode = Callable[[Scan, np.random.Generator], Release]
"""The client's own code, run by the attacker on the attacker's own scan with a fresh key."""


class AttackerView:
    """What one attack gets. Built by the suite from a threat model; ungranted fields are not in it at all."""

    __slots__ = ("__attack", "__granted", "classes", "spacing_mm")

    def __init__(self, attack: str, granted: Mapping[str, Any], classes: tuple[str, ...], spacing_mm: float) -> None:
        self.__attack = attack
        self.__granted = MappingProxyType(dict(granted))
        self.classes = classes
        self.spacing_mm = spacing_mm

    @property
    def releases(self) -> Sequence[Release]:
        """What left the hospital, one release per scan, in an order that tells nothing."""
        return self.__get(Observes.RELEASE)  # type: ignore[no-any-return]

    @property
    def replies(self) -> Sequence[Reply]:
        """What the server answered, in the order of the releases."""
        return self.__get(Observes.REPLY)  # type: ignore[no-any-return]

    @property
    def auxiliary(self) -> Cohort:
        """The attacker's own scans with labels; nobody in them is a victim."""
        return self.__get(Owns.AUXILIARY)  # type: ignore[no-any-return]

    @property
    def client(self) -> ClientCode:
        """The client's own code, for the attacker's own scans."""
        return self.__get(Knows.CLIENT_CODE)  # type: ignore[no-any-return]

    @property
    def server(self) -> nn.Module:
        """A copy of the server's network."""
        return self.__get(Knows.SERVER_WEIGHTS)  # type: ignore[no-any-return]

    @property
    def reference_pool(self) -> Cohort:
        """The client's private reference scans."""
        return self.__get(Knows.REFERENCE_POOL)  # type: ignore[no-any-return]

    @property
    def keys(self) -> Sequence[Any]:
        """The key of every release."""
        return self.__get(Knows.KEYS)  # type: ignore[no-any-return]

    def first_queries(self) -> list[Tensor]:
        """The first query of every release: `channel depth height width` each."""
        return [release.queries[0] for release in self.releases]

    def __get(self, grant: Observes | Knows | Owns) -> Any:
        try:
            return self.__granted[grant.value]
        except KeyError:
            raise GrantError(
                f"attack {self.__attack!r} touched view.{grant.value}, which its threat model does not grant; "
                f"granted: {', '.join(sorted(self.__granted)) or 'nothing'}. "
                f"Add {type(grant).__name__}.{grant.name} to the card if the attacker would really have it"
            ) from None

    def __getattr__(self, name: str) -> Any:
        raise GrantError(
            f"attack {self.__attack!r} touched view.{name}; "
            f"a view has {', '.join(grant.value for grant in GRANTS)}, classes and spacing_mm, where granted"
        )

    def __reduce__(self) -> Any:
        raise GrantError("a view cannot be pickled or copied")


def view_for(
    attack: str,
    threat: ThreatModel,
    transcript: Transcript,
    offers: Mapping[str, Any],
    classes: tuple[str, ...],
    spacing_mm: float,
) -> AttackerView:
    """The view that `threat` opens.

    Args:
        offers: everything beside the traffic that a card could grant, by grant name.

    Raises:
        GrantError: the card grants what this run cannot offer.
    """
    seen = transcript if threat.queries is None else transcript.first(threat.queries)
    everything: dict[str, Any] = {**offers, Observes.RELEASE.value: seen.releases}
    if len(seen.replies):
        everything[Observes.REPLY.value] = seen.replies
    missing = sorted(threat.grants - everything.keys())
    if missing:
        raise GrantError(f"the threat model of {attack!r} grants {', '.join(missing)}, which this run does not have")
    return AttackerView(attack, {name: everything[name] for name in threat.grants}, classes, spacing_mm)
