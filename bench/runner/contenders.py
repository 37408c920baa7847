"""Which attacks `adaptive` stands for; apart from what runs them, so that `bench list` need not load that."""

from collections.abc import Sequence

from bench.attack import Attack
from bench.errors import BenchError
from bench.registry import Registry
from bench.types.threat import LAST_RANKED_TIER

NAME = "adaptive"
SUMMARY = "every attack up to T2 in turn, and the worst case: a name for all of them, not an attack itself"


def suite(registry: Registry, only: Sequence[str] = ()) -> list[str]:
    """Names of the attacks that are tried, the weakest adversary first.

    Args:
        only: those among them that are wanted; empty for all.

    Raises:
        BenchError: one of `only` is no attack, or stronger than T2; or a plugin has taken the name of the suite.
    """
    entries = registry.of("attacks")
    if any(entry.name == NAME for entry in entries):
        raise BenchError(f"an attack is registered as {NAME!r}, which names all of them; choose another name for it")
    for name in only:
        registry.find("attacks", name)
    fit: list[tuple[int, str]] = []
    for entry in entries:
        wanted = entry.name in only if only else entry.defect is None
        if not wanted:
            continue
        attack = entry.load()
        assert issubclass(attack, Attack)
        if attack.threat.tier <= LAST_RANKED_TIER:
            fit.append((attack.threat.tier, entry.name))
        elif only:
            raise BenchError(
                f"{entry.name} (T{int(attack.threat.tier)} {attack.goal.value}) is not in the suite; it holds attacks "
                f"up to T{int(LAST_RANKED_TIER)}; run it by its name"
            )
    return [name for _, name in sorted(fit)]
