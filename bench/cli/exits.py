"""How a command ends: what a user can mend is one line and exit code 2, an interrupt 130."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from bench.cli.printable import harmless
from bench.errors import BenchError, DivergedError, InterruptedTraining
from bench.interrupts import heard

FAILED_CELL = 3
"""Exit code of a run whose record says FAILED, INVALID or TIMEOUT."""

STOPPED = "stopped; the same command continues with what is finished"


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn the errors that a user can do something about into one line."""
    try:
        yield
    except (BenchError, DivergedError) as error:
        _end(f"error: {error}", 2)
    except InterruptedTraining as stop:
        _end(str(stop), 130)
    except KeyboardInterrupt:
        _end(STOPPED, 130)
    except BrokenPipeError:
        raise
    except typer.Exit:
        raise
    except OSError as error:
        if heard():
            _end(STOPPED, 130)
        if error.filename is None and error.errno is None:
            raise
        place = f" {error.filename}" if error.filename else ""
        _end(f"error: cannot use{place}: {error.strerror or error}; check space and permissions", 2)
    except Exception:
        if not heard():
            raise
        _end(STOPPED, 130)


def _end(line: str, code: int) -> None:
    typer.echo(harmless(line), err=True)  # names in it may be a stranger's
    raise typer.Exit(code)
