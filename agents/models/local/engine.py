"""The engine of one opened model: a thread that takes all jobs that wait and runs them in batches.

Hooks stand on modules, not threads (probes.md T18), so one thread alone touches a model. Nothing is timed: a
batch is what waits when the thread is free, and requests made in one turn of the event loop arrive together.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from time import perf_counter
from typing import NamedTuple

import torch

from agents.models.local.batches import Plan, by_length, by_shape, span
from agents.models.local.jobs import ExecutionPath, Job, Outcome
from lab.core.calls import ModelFailure
from lab.core.errors import UsageError

Result = Outcome | ModelFailure

NO_MEMORY = ("out of memory", "not enough memory", "can't allocate memory")
"""How the allocators of CUDA, MPS and the CPU put it."""

MESSAGE_LENGTH = 500

CLOSED = ModelFailure("closed", "the model was closed before this request had its turn")


class Waiting(NamedTuple):
    """A job, and where its result goes."""

    job: Job
    result: asyncio.Future[Result]


@dataclass(slots=True)
class Counts:
    """What an engine has done so far.

    Attributes:
        batches: given to the execution path, repeated ones included.
        rows: of all those batches.
        forced_splits: batches halved because they did not fit in memory.
        failures: jobs that got no outcome.
        busy_s: wall-clock seconds in the execution path.
    """

    batches: int = 0
    rows: int = 0
    forced_splits: int = 0
    failures: int = 0
    busy_s: float = 0.0


class Engine:
    """Runs jobs on an execution path, in a thread of its own.

    Args:
        path: how jobs are run.
        batch: most rows of a batch.
        batch_tokens: most rows × tokens of a batch.
        strict: whether batches have fixed shapes: a batch that does not fit in memory then fails.
        plan: which jobs go together; by shape if strict, else by length.

    Attributes:
        counts: what was done so far.
    """

    def __init__(
        self,
        path: ExecutionPath,
        *,
        batch: int = 32,
        batch_tokens: int = 65_536,
        strict: bool = False,
        plan: Plan | None = None,
    ) -> None:
        self.path = path
        self.counts = Counts()
        self._rows = batch
        self._tokens = batch_tokens
        self._strict = strict
        self._plan = plan or (by_shape if strict else by_length)
        self._arrived: list[Waiting] = []
        self._queue: SimpleQueue[list[Waiting] | None] = SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=f"lab-{path.name}", daemon=True)
        self._thread.start()

    async def submit(self, jobs: Sequence[Job]) -> list[Result]:
        """The outcome of every job, in order, or what kept it from having one.

        Raises:
            RuntimeError: when the engine is closed.
        """
        if self._closed:
            raise RuntimeError("the engine of this model is closed")
        loop = asyncio.get_running_loop()
        waiting = [Waiting(job, loop.create_future()) for job in jobs]
        self._arrived.extend(waiting)
        loop.call_soon(self._settle, len(self._arrived))
        return await asyncio.gather(*[one.result for one in waiting])

    def close(self) -> None:
        """Wait for the batch that runs; jobs that still wait fail."""
        self._stop()
        self._thread.join()

    async def aclose(self) -> None:
        """`close`, without blocking the event loop."""
        self._stop()
        await asyncio.to_thread(self._thread.join)

    def _stop(self) -> None:
        if not self._closed:
            self._closed = True
            self._queue.put(None)

    def _settle(self, seen: int) -> None:
        """Hand over what arrived, unless more has arrived since: then the last to come does it."""
        if len(self._arrived) != seen:
            return
        arrived, self._arrived = self._arrived, []
        if self._closed:
            deliver((one, CLOSED) for one in arrived)
        else:
            self._queue.put(arrived)

    # --- in the thread -----------------------------------------------------------------------------

    def _work(self) -> None:
        pool: list[Waiting] = []
        try:
            while self._take_all(pool):
                batch = self._next(pool)
                deliver(zip(batch, self._results([one.job for one in batch]), strict=True))
        finally:  # closed, or a plan that failed: nobody must wait for a thread that has ended
            self._closed = True
            while not self._queue.empty():
                pool += self._queue.get() or ()
            deliver((one, CLOSED) for one in pool)

    def _take_all(self, pool: list[Waiting]) -> bool:
        """Append all that waits, and wait if nothing does; False when the engine was closed."""
        while not pool or not self._queue.empty():
            arrived = self._queue.get()
            if arrived is None:
                return False
            pool.extend(arrived)
            pool[:] = [one for one in pool if not one.result.cancelled()]
        return True

    def _next(self, pool: list[Waiting]) -> list[Waiting]:
        """The batch of the job that has waited longest, taken from the pool."""
        batches = self._plan([one.job for one in pool], self._rows, self._tokens)
        places = next(places for places in batches if 0 in places)
        batch = [pool[place] for place in places]
        for place in sorted(places, reverse=True):
            del pool[place]
        return batch

    def _results(self, jobs: Sequence[Job]) -> list[Result]:
        """The result of every job; a batch that fails is halved, down to the job that makes it fail."""
        start = perf_counter()
        found = self._attempt(jobs)
        taken_s = perf_counter() - start
        self.counts.busy_s += taken_s
        if not isinstance(found, BaseException):
            return [*found]
        lacks_memory = is_lack_of_memory(found)
        if lacks_memory:
            self._make_room(jobs)
        if len(jobs) == 1 or (lacks_memory and self._strict):
            self.counts.failures += len(jobs)
            return [self._failure(found, taken_s, lacks_memory=lacks_memory)] * len(jobs)
        self.counts.forced_splits += lacks_memory
        half = len(jobs) // 2
        return self._results(jobs[:half]) + self._results(jobs[half:])

    def _failure(self, error: BaseException, taken_s: float, *, lacks_memory: bool) -> ModelFailure:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:MESSAGE_LENGTH]
        if lacks_memory and self._strict:
            said = f"a strict batch of {self._rows} rows does not fit (lower `batch`): {said}"
        if isinstance(error, UsageError):  # the job asks for what this model does not have
            return ModelFailure("refused_request", str(error), taken_s)
        return ModelFailure("memory" if lacks_memory else "crash", said, taken_s)

    def _attempt(self, jobs: Sequence[Job]) -> list[Outcome] | BaseException:
        self.counts.batches += 1
        self.counts.rows += len(jobs)
        try:
            return [outcome for _, outcome in zip(jobs, self.path.run(jobs), strict=True)]
        except (Exception, SystemExit) as error:  # noqa: BLE001  it fails a job, and the thread goes on
            return error.with_traceback(None)  # whose frames would hold tensors

    def _make_room(self, jobs: Sequence[Job]) -> None:
        """Free what the failed batch left, and plan no batch of its size again."""
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        if not self._strict:
            self._tokens = min(self._tokens, len(jobs) * max(span(job) for job in jobs) // 2)


def deliver(results: Iterable[tuple[Waiting, Result]]) -> None:
    """Set results from another thread: all of a batch in one turn of their event loop.

    Whoever asked goes on in that turn, so that what they ask next arrives together again.
    """
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Waiting, Result]]] = {}
    for one, result in results:
        by_loop.setdefault(one.result.get_loop(), []).append((one, result))
    for loop, some in by_loop.items():
        with suppress(RuntimeError):  # a loop that was closed: nobody is left to hear it
            loop.call_soon_threadsafe(_set, some)


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in NO_MEMORY)


def _set(results: Iterable[tuple[Waiting, Result]]) -> None:
    for one, result in results:
        if not one.result.done():
            one.result.set_result(result)
