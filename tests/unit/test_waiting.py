"""What is asked of OpenMP, and that a user's word stands."""

import pytest

from bench.cli.waiting import SPIN_COUNT, wait_briefly


def test_threads_spin_for_a_while_and_then_sleep() -> None:
    environment = {"PATH": "/bin"}
    wait_briefly(environment)
    assert environment == {"PATH": "/bin", "GOMP_SPINCOUNT": str(SPIN_COUNT), "OMP_WAIT_POLICY": "PASSIVE"}


@pytest.mark.parametrize("said", [{"OMP_WAIT_POLICY": "ACTIVE"}, {"GOMP_SPINCOUNT": "0"}])
def test_what_the_user_says_stands(said: dict[str, str]) -> None:
    environment = dict(said)
    wait_briefly(environment)
    assert environment == said
