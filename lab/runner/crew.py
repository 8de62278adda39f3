"""Many runs in one process: claimed in small groups, executed as tasks, a bounded number in flight."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

from db.owners import Owner, wall_clock
from db.recorder import Recorder
from db.runs import Claimed, RunPlan, claim
from db.store import Store
from lab.engine.conductor import StopSignal
from lab.engine.pace import fewer_collections
from lab.runner.execute import Ended, Execution

WORLDS = 32
"""Worlds in flight in one process unless the caller says otherwise."""

GROUP = 16
"""Most runs that a process claims at once."""


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

    @property
    def interrupted(self) -> bool:
        """Whether it was pulled at all."""
        return self.draining


Watcher = Callable[[Ended], None]


async def execute_all(
    store: Store,
    plans: Iterable[RunPlan],
    *,
    brake: Brake,
    watch: Watcher,
    worlds: int = WORLDS,
    group: int = GROUP,
) -> None:
    """Execute every plan that is not finished and not alive elsewhere.

    Raises:
        StoreError: when the log cannot be written; committed runs are safe and a next call continues.
    """
    owner, began = Owner.this_process(), wall_clock()
    recorder = Recorder(store)
    execution = Execution(store, recorder, brake.stop)
    async with _crew(worlds) as crew:
        for some in _groups(plans, group):
            if brake.draining:
                break
            for claimed in claim(store, some, owner, take=len(some), before=began):
                if await crew.place(brake):
                    crew.start(_watched(execution, claimed, watch))
                else:
                    execution.release(claimed)
    recorder.flush()


async def _watched(execution: Execution, claimed: Claimed, watch: Watcher) -> None:
    watch(await execution.run(claimed))


class _Crew:
    """At most `size` tasks at once; the first error ends the rest."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._tasks: set[asyncio.Task[None]] = set()

    async def place(self, brake: Brake) -> bool:
        """Wait for a free place; False when the brake was pulled meanwhile."""
        while len(self._tasks) >= self._size:
            await self._some()
        return not brake.draining

    def start(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.add(asyncio.create_task(work))

    async def finish(self) -> None:
        while self._tasks:
            await self._some()

    async def abandon(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _some(self) -> None:
        done, self._tasks = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


@asynccontextmanager
async def _crew(size: int) -> AsyncIterator[_Crew]:
    crew = _Crew(size)
    with fewer_collections():
        try:
            yield crew
            await crew.finish()
        finally:
            await crew.abandon()


def _groups(plans: Iterable[RunPlan], size: int) -> Iterator[list[RunPlan]]:
    iterator = iter(plans)
    while some := list(islice(iterator, size)):
        yield some


def run_in_loop(
    store: Store, plans: Iterable[RunPlan], *, brake: Brake, watch: Watcher, worlds: int = WORLDS
) -> None:
    """`execute_all` in an event loop of its own, with Ctrl-C pulling the brake."""
    asyncio.run(braked(execute_all(store, plans, brake=brake, watch=watch, worlds=worlds), brake))


async def braked(work: Awaitable[None], brake: Brake) -> None:
    """Await `work` with Ctrl-C pulling the brake; only the main thread hears Ctrl-C."""
    loop = asyncio.get_running_loop()
    main = threading.current_thread() is threading.main_thread()
    if main:
        loop.add_signal_handler(signal.SIGINT, brake.pull)
    try:
        await work
    finally:
        if main:
            loop.remove_signal_handler(signal.SIGINT)
