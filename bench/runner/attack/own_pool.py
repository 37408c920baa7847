"""References for the client's code in an attacker's hands."""

from dataclasses import replace

from bench.types.scan import Cohort, Scan


def own_pool(own: Cohort, wanted: int, family: str | None = None) -> tuple[Scan, ...]:
    """First visits of the attacker's own people, and their mirror images where the hospital's pool is larger.

    A client that mixes with K references needs K of them; a brain seen in a mirror is one more, left and right being
    about alike, and no attacker would be stopped by having nine people where ten are needed.

    Args:
        wanted: how many references the hospital holds.
        family: whose scan is to be mixed; no hospital mixes people with themselves.
    """
    real = tuple(scan for scan in own.first_visits() if scan.family != family)
    return real + tuple(_mirrored(scan) for scan in real[: max(0, wanted - len(real))])


def _mirrored(scan: Scan) -> Scan:
    """Left and right exchanged: the first axis of space runs to the right."""
    return replace(
        scan,
        image=scan.image.flip(1).contiguous(),
        labels=scan.labels.flip(0).contiguous(),
        subject=f"{scan.subject} mirrored",
    )
