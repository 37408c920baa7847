"""One way to show progress: a live bar on a terminal, a line now and then in a log, nothing when asked to be quiet."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Task as RichTask
from rich.text import Text

_FIRST_LINE_AFTER, _SECONDS_BETWEEN_LINES = 1.0, 15.0
"""A log hears of a task soon, then ever more rarely up to this interval."""


@dataclass
class Task:
    """Something with a known number of steps that is under way."""

    label: str
    total: int
    done: int = 0
    note: str = ""
    _listeners: list["_Listener"] = field(default_factory=list)

    def advance(self, steps: int = 1, note: str | None = None) -> None:
        """Count `steps` as done; `note` replaces the text beside the bar."""
        self.done += steps
        self.note = self.note if note is None else note
        for listener in self._listeners:
            listener.update(self)


class Display:
    """Where progress goes (standard error, so that standard output stays machine-readable)."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Console(stderr=True, quiet=quiet)

    def say(self, text: str) -> None:
        """One line about what happens."""
        self.console.print(text, highlight=False, markup=False)

    @contextmanager
    def track(self, label: str, total: int, done: int = 0) -> Iterator[Task]:
        """Show the progress of `total` steps of which `done` are behind us."""
        task = Task(label, total, done)
        if self.console.is_terminal:
            with _Bar(self.console, task) as bar:
                task._listeners.append(bar)
                yield task
        else:
            task._listeners.append(_Lines(self, task))
            yield task


class _Listener:
    def update(self, task: Task) -> None:
        raise AssertionError("a listener must say what to do with an update")


class _Rate(ProgressColumn):
    def render(self, task: RichTask) -> Text:
        return Text(f"{task.speed:.1f}/s" if task.speed else "", style="cyan")


class _Bar(_Listener):
    def __init__(self, console: Console, task: Task) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", style="dim"),
            console=console,
        )
        self.id = self.bar.add_task(task.label, total=task.total, completed=task.done, note="")

    def __enter__(self) -> "_Bar":
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def update(self, task: Task) -> None:
        self.bar.update(self.id, completed=task.done, note=task.note)


class _Lines(_Listener):
    def __init__(self, display: Display, task: Task) -> None:
        self.display = display
        self.started = self.spoken = time.monotonic()
        self.first, self.wait = task.done, _FIRST_LINE_AFTER

    def update(self, task: Task) -> None:
        now = time.monotonic()
        if now - self.spoken < self.wait and task.done < task.total:
            return
        self.spoken, self.wait = now, min(2 * self.wait, _SECONDS_BETWEEN_LINES)
        rate = (task.done - self.first) / max(now - self.started, 1e-9)
        left = (task.total - task.done) / max(rate, 1e-9)
        self.display.say(
            f"{task.label}: {task.done}/{task.total}, {rate:.1f}/s, {left:.0f} s left {task.note}".rstrip()
        )
