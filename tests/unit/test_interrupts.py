"""A Ctrl-C that compiled code swallows and throws as its own error still ends the command as a Ctrl-C does."""

import subprocess
import sys

import pytest

COMMAND = """
import os, signal, sys, typer
from bench.cli.exits import clear_errors
from bench.interrupts import listen

def swallow(pressed: bool = typer.Option(...)):
    with clear_errors():
        try:
            if pressed:
                os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            pass
        raise ValueError("the library's own")

listen()
typer.run(swallow)
"""


@pytest.mark.parametrize(
    ("pressed", "code", "said"),
    [("--pressed", 130, "stopped; the same command continues"), ("--no-pressed", 1, "ValueError: the library's own")],
)
def test_only_an_error_after_an_interrupt_is_read_as_one(pressed: str, code: int, said: str) -> None:
    ended = subprocess.run([sys.executable, "-c", COMMAND, pressed], capture_output=True, text=True, check=False)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
