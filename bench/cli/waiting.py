"""How threads wait for each other: long enough not to fall asleep between two loops, too short to steal a core.

PyTorch's CPU build runs its loops on libgomp. By default its threads spin for milliseconds, and as soon as another
process wants a core they burn it for nothing. Asleep at once (`OMP_WAIT_POLICY=PASSIVE`) they wake too late for loops
of microseconds, and small networks have many. This count is nearly as fast as the default on an idle machine, and
faster than either beside other work.
"""

from collections.abc import MutableMapping

SPIN_COUNT = 3000
"""Turns of the waiting loop, some ten microseconds."""


def wait_briefly(environment: MutableMapping[str, str]) -> None:
    """Say so to whatever OpenMP is loaded later, unless the user has said something.

    libgomp takes the count; a runtime that does not know it waits passively.
    """
    if environment.keys().isdisjoint({"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}):
        environment["GOMP_SPINCOUNT"] = str(SPIN_COUNT)
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
