"""Many runs in one process: claimed in small groups, executed as tasks, a bounded number in flight."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager
from itertools import islice

from db.owners import Owner, wall_clock
from db.recorder import Recorder
from db.runs import Claimed, RunPlan, claim
from db.store import Store
from lab.engine.pace import fewer_collections
from lab.runner.execute import Ended, Execution
from lab.runner.loop import Brake

WORLDS = 32
"""Worlds in flight in one process unless the caller says otherwise."""

GROUP = 16
"""Most runs that a process claims at once."""


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
    alive = asyncio.create_task(execution.keep_alive())
    try:
        async with _crew(worlds) as crew:
            for some in _groups(plans, group):
                if brake.draining:
                    break
                for claimed in claim(store, some, owner, take=len(some), before=began):
                    if await crew.place(brake):
                        crew.start(_watched(execution, claimed, watch))
                    else:
                        execution.release(claimed)
    finally:
        alive.cancel()
        await execution.models.aclose()
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
        errors = [error for task in done if (error := task.exception()) is not None]
        if errors:
            raise errors[0]


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
