"""Errors a user can mend, and the ones that end a cell of the benchmark."""


class BenchError(Exception):
    """Something the user can mend; the CLI prints its one line and exits with code 2."""


class GrantError(RuntimeError):
    """An attack touched a field that its threat model does not grant.

    Deliberately no AttributeError: `hasattr` and `getattr` with a default must not hide the attempt.
    """


class DivergedError(RuntimeError):
    """A training loss became NaN or infinite."""


class InterruptedTraining(KeyboardInterrupt):
    """Training was stopped from outside after its state had been saved."""

    def __init__(self, name: str, step: int, iterations: int) -> None:
        super().__init__(f"{name} stopped at step {step} of {iterations}; the same command continues from there")
        self.name, self.step, self.iterations = name, step, iterations
