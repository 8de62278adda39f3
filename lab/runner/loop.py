"""Running coroutines from plain code: with Ctrl-C as a brake, and inside a notebook's own event loop too."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, TypeVar

from lab.engine.conductor import StopSignal

T = TypeVar("T")


@dataclass(slots=True)
class Brake:
    """How a user ends a batch early: the first pull claims no more runs, the second stops worlds."""

    draining: bool = False
    stop: StopSignal = field(default_factory=StopSignal)

    def pull(self) -> None:
        """Drain at the first call, stop at the second."""
        if self.draining:
            self.stop.now = True
        self.draining = True


def run_now(work: Coroutine[Any, Any, T], brake: Brake | None = None) -> T:
    """What `work` returns, run to its end now.

    Ctrl-C pulls the brake; a third one interrupts at once, even a world that never gives way. What the code
    of environments and policies prints goes to standard error, so that standard output stays the lab's. Where
    an event loop is running already, as in a notebook, the work gets a thread and a loop of its own.
    """
    with _heeding(brake), contextlib.redirect_stdout(sys.stderr):
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return asyncio.run(work)
        with ThreadPoolExecutor(max_workers=1) as pool:
            return pool.submit(asyncio.run, work).result()


@contextlib.contextmanager
def _heeding(brake: Brake | None) -> Iterator[None]:
    """Ctrl-C pulls the brake inside the block; only the main thread hears Ctrl-C."""
    if brake is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(_signal: int, _frame: FrameType | None) -> None:
        if brake.stop.now:
            raise KeyboardInterrupt
        brake.pull()

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
