"""How a batch goes: runs done of all, rate, time left; a bar on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from lab.cli.printing import duration, is_terminal, note

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

LINE_EVERY_S = 5.0


class Progress(Protocol):
    """What a batch tells while it runs."""

    def begin(self, name: str, *, done: int, runs: int) -> None:
        """The study starts, with `done` of its `runs` done before."""
        ...

    def advance(self, *, failed: bool) -> None:
        """One more run ended."""
        ...

    def close(self) -> None:
        """The batch is over."""
        ...


@dataclass(slots=True)
class Tally:
    """Runs that ended since the start, and what follows from their number."""

    done: int
    runs: int
    clock: Callable[[], float] = perf_counter
    ended: int = 0
    failed: int = 0
    started: float = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def advance(self, *, failed: bool) -> None:
        """Count a run that ended."""
        self.ended += 1
        self.failed += failed

    def words(self) -> str:
        """Rate and time left, and how many failed."""
        rate = self.ended / max(self.clock() - self.started, 1e-9)
        left = self.runs - self.done - self.ended
        words = [f"{rate:.1f} runs/s" if rate >= 1 else f"{rate * 60:.1f} runs/min"] if self.ended else []
        words += [f"{duration(left / rate)} left"] if self.ended and left > 0 else []
        words += [f"{self.failed} failed"] if self.failed else []
        return ", ".join(words)


class Lines:
    """Progress as plain lines, `every_s` seconds apart."""

    def __init__(self, *, every_s: float = LINE_EVERY_S, clock: Callable[[], float] = perf_counter) -> None:
        self._every_s = every_s
        self._clock = clock

    def begin(self, name: str, *, done: int, runs: int) -> None:
        self._name = name
        self._tally = Tally(done, runs, self._clock)
        self._told_s = self._clock()

    def advance(self, *, failed: bool) -> None:
        self._tally.advance(failed=failed)
        if self._clock() - self._told_s >= self._every_s:
            self._told_s = self._clock()
            done = self._tally.done + self._tally.ended
            note(f"{self._name}: {done} of {self._tally.runs} runs, {self._tally.words()}")

    def close(self) -> None:
        """Nothing is open."""


class DrawnBar:
    """Progress as a bar of Rich."""

    def begin(self, name: str, *, done: int, runs: int) -> None:
        self._tally = Tally(done, runs)
        self._bar = _bar()
        self._task: TaskID = self._bar.add_task(name, completed=done, total=runs, words="")
        self._bar.start()

    def advance(self, *, failed: bool) -> None:
        self._tally.advance(failed=failed)
        self._bar.update(self._task, advance=1, words=self._tally.words())

    def close(self) -> None:
        if hasattr(self, "_bar"):
            self._bar.stop()


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("runs  {task.fields[words]}", markup=False),
    )
    return Bar(*columns, console=Console(stderr=True, highlight=False), transient=True)


def progress() -> Progress:
    """A bar when a person looks at standard error, lines otherwise."""
    return DrawnBar() if is_terminal(sys.stderr) else Lines()
