from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

import pytest
import torch

from agents.models.local.engine import Engine, Result, is_lack_of_memory
from agents.models.local.jobs import Job, Outcome
from lab.core.calls import ModelFailure
from lab.core.errors import UsageError


class FakePath:
    """An execution path that answers with a job's key, unless its `fault` raises.

    Attributes:
        batches: keys of the jobs of each batch that it was given.
        gate: batches wait until it is set.
        entered: set while a batch is being run.
    """

    name = "fake"

    def __init__(self, fault: Callable[[list[int]], None] | None = None) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.fault = fault
        self.gate = threading.Event()
        self.entered = threading.Event()
        self.gate.set()

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        keys = [job.key for job in jobs]
        self.batches.append(keys)
        self.threads.add(threading.get_ident())
        self.entered.set()
        self.gate.wait()
        if self.fault is not None:
            self.fault(keys)
        return [Outcome(reply_ids=(key,)) for key in keys]


def job(key: int, length: int = 1) -> Job:
    return Job(ids=(1,) * length, key=key, order=f"{-key % 100:03d}", max_tokens=1)


def said(results: Sequence[Result]) -> list[Any]:
    """Of each result: the key of its job, or what failed."""
    return [one.kind if isinstance(one, ModelFailure) else one.reply_ids[0] for one in results]


@asynccontextmanager
async def opened(path: FakePath, **settings: Any) -> AsyncIterator[Engine]:
    engine = Engine(path, **settings)
    try:
        yield engine
    finally:
        path.gate.set()
        await engine.aclose()


def answers(path: FakePath, jobs: Sequence[Job], **settings: Any) -> list[Any]:
    """What each of these jobs gets, submitted at once."""

    async def ask() -> list[Any]:
        async with opened(path, **settings) as engine:
            return said(await engine.submit(jobs))

    return asyncio.run(ask())


def test_requests_of_one_turn_share_a_batch_in_one_thread() -> None:
    async def ask() -> list[list[Any]]:
        async with opened(path) as engine:
            results = await asyncio.gather(*[engine.submit([job(key)]) for key in range(5)])
            return [said(one) for one in results]

    path = FakePath()
    assert asyncio.run(ask()) == [[0], [1], [2], [3], [4]]
    assert path.batches == [[0, 1, 2, 3, 4]]
    assert path.threads.isdisjoint({threading.get_ident()})


def test_those_answered_together_ask_together_again() -> None:
    async def ask() -> None:
        async def talk(key: int) -> None:
            for turn in range(4):
                await engine.submit([job(10 * turn + key)])

        async with opened(path) as engine:
            await asyncio.gather(*[talk(key) for key in range(8)])

    path = FakePath()
    asyncio.run(ask())
    assert [len(batch) for batch in path.batches] == [8, 8, 8, 8]


def test_what_arrives_while_a_batch_runs_is_the_next_batch() -> None:
    async def ask() -> None:
        async with opened(path) as engine:
            path.gate.clear()
            first = asyncio.create_task(engine.submit([job(0)]))
            await asyncio.to_thread(path.entered.wait)
            rest = [asyncio.create_task(engine.submit([job(key)])) for key in (1, 2)]
            for _ in range(5):
                await asyncio.sleep(0)
            path.gate.set()
            await asyncio.gather(first, *rest)

    path = FakePath()
    asyncio.run(ask())
    assert path.batches == [[0], [1, 2]]


def test_batches_hold_like_lengths_under_both_caps() -> None:
    path = FakePath()
    jobs = [job(key, length) for key, length in enumerate([3, 50, 4, 49, 48, 5])]
    assert answers(path, jobs, batch=4, batch_tokens=110) == [0, 1, 2, 3, 4, 5]
    assert sorted(map(sorted, path.batches)) == [[0, 2], [1, 3], [4, 5]]


def test_the_job_that_waited_longest_is_in_the_next_batch() -> None:
    path = FakePath()
    answers(path, [job(0, 1), job(1, 90), job(2, 80)], batch=1)
    assert path.batches == [[0], [1], [2]]


def test_strict_batches_are_ordered_by_order() -> None:
    path = FakePath()
    assert answers(path, [job(key) for key in (1, 2, 3, 4)], batch=3, strict=True) == [1, 2, 3, 4]
    assert sorted(path.batches) == [[1], [4, 3, 2]]


# --- memory ----------------------------------------------------------------------------------------


def no_room_for(rows: int) -> Callable[[list[int]], None]:
    def fault(keys: list[int]) -> None:
        if len(keys) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    return fault


def test_a_batch_that_does_not_fit_is_halved_and_no_later_one_is_as_large() -> None:
    async def ask() -> list[Any]:
        async with opened(path) as engine:
            first = said(await engine.submit([job(key) for key in range(8)]))
            assert engine.counts.forced_splits == 3
            sizes.append(len(path.batches))
            second = said(await engine.submit([job(key) for key in range(8)]))
            assert engine.counts.forced_splits == 3
            return first + second

    sizes: list[int] = []
    path = FakePath(no_room_for(2))
    assert asyncio.run(ask()) == [*range(8), *range(8)]
    assert [len(batch) for batch in path.batches[sizes[0] :]] == [2, 2, 2, 2]


def test_a_single_job_that_does_not_fit_fails_alone() -> None:
    def fault(keys: list[int]) -> None:
        if 2 in keys:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 8 bytes")

    assert answers(FakePath(fault), [job(key) for key in range(4)]) == [0, 1, "memory", 3]


def test_a_strict_batch_that_does_not_fit_is_no_smaller_batch() -> None:
    async def ask() -> list[Result]:
        async with opened(path, strict=True, batch=8) as engine:
            return await engine.submit([job(1), job(2)])

    path = FakePath(no_room_for(1))
    results = asyncio.run(ask())
    assert said(results) == ["memory", "memory"]
    assert path.batches == [[2, 1]]
    assert isinstance(results[0], ModelFailure)
    assert results[0].message.startswith("a strict batch of 8 rows does not fit (lower `batch`): OutOfMemory")


@pytest.mark.parametrize(
    ("error", "is_lack"),
    [
        (torch.OutOfMemoryError("no"), True),
        (MemoryError(), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_lack_of_memory_is_told_from_other_errors(error: BaseException, is_lack: bool) -> None:
    assert is_lack_of_memory(error) is is_lack


# --- crashes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("logits\nare no numbers"), SystemExit(3)])
def test_a_crash_fails_the_jobs_that_cause_it_and_no_others(error: BaseException) -> None:
    def fault(keys: list[int]) -> None:
        if {3, 6} & {*keys}:
            raise error

    async def ask() -> list[Result]:
        async with opened(path) as engine:
            results = await engine.submit([job(key) for key in range(8)])
            assert said(await engine.submit([job(9)])) == [9]  # the thread lives
            assert engine.counts.failures == 2
            return results

    path = FakePath(fault)
    results = asyncio.run(ask())
    assert said(results) == [0, 1, 2, "crash", 4, 5, "crash", 7]
    failure = results[3]
    assert isinstance(failure, ModelFailure)
    assert failure.message in ("ValueError: logits are no numbers", "SystemExit: 3")


def test_what_a_model_cannot_give_is_a_refused_request_of_that_job_alone() -> None:
    def fault(keys: list[int]) -> None:
        if 3 in keys:
            raise UsageError("layer 9 is out of range")

    assert answers(FakePath(fault), [job(key) for key in range(5)]) == [0, 1, 2, "refused_request", 4]


def test_a_path_that_returns_too_little_has_crashed() -> None:
    class Forgetful(FakePath):
        def run(self, jobs: Sequence[Job]) -> list[Outcome]:
            return super().run(jobs)[:-1]

    assert answers(Forgetful(), [job(0)]) == ["crash"]


def test_a_failed_batch_keeps_no_frames_alive() -> None:
    """Frames would hold the tensors that did not fit."""

    class Tensorish: ...

    alive: list[Any] = []

    def fault(keys: list[int]) -> None:
        held = Tensorish()
        if len(keys) > 1:
            alive.append(weakref.ref(held))
            raise torch.OutOfMemoryError("out of memory")
        assert alive[0]() is None

    assert answers(FakePath(fault), [job(0), job(1)]) == [0, 1]


# --- ends ------------------------------------------------------------------------------------------


def test_a_submitter_that_is_cancelled_harms_nobody() -> None:
    async def ask() -> list[Any]:
        async with opened(path) as engine:
            path.gate.clear()
            running = asyncio.create_task(engine.submit([job(0)]))
            await asyncio.to_thread(path.entered.wait)
            waiting, other = (asyncio.create_task(engine.submit([job(key)])) for key in (1, 2))
            await asyncio.sleep(0)
            running.cancel()
            waiting.cancel()
            await asyncio.sleep(0)
            path.gate.set()
            return said(await other)

    path = FakePath()
    assert asyncio.run(ask()) == [2]
    assert path.batches == [[0], [2]]


def test_jobs_that_still_wait_when_the_model_is_closed_fail() -> None:
    async def ask() -> list[Any]:
        engine = Engine(path, batch=1)
        path.gate.clear()
        first = asyncio.create_task(engine.submit([job(0), job(1)]))
        await asyncio.to_thread(path.entered.wait)
        late = asyncio.create_task(engine.submit([job(2)]))
        await asyncio.sleep(0)
        closing = asyncio.create_task(engine.aclose())
        await asyncio.sleep(0)
        path.gate.set()
        await closing
        with pytest.raises(RuntimeError, match="is closed"):
            await engine.submit([job(3)])
        return said(await first) + said(await late)

    path = FakePath()
    assert asyncio.run(ask()) == [0, "closed", "closed"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nobody_waits_for_a_thread_that_a_bug_has_ended() -> None:
    def plan(jobs: Sequence[Job], rows: int, tokens: int) -> list[list[int]]:
        raise ZeroDivisionError

    async def ask() -> list[Any]:
        engine = Engine(FakePath(), plan=plan)
        results = said(await engine.submit([job(0)]))
        with pytest.raises(RuntimeError, match="is closed"):
            await engine.submit([job(1)])
        await engine.aclose()
        return results

    assert asyncio.run(ask()) == ["closed"]


def test_an_engine_outlives_the_event_loop_that_asked_first() -> None:
    path = FakePath()
    engine = Engine(path)
    assert said(asyncio.run(engine.submit([job(1)]))) == [1]
    with ThreadPoolExecutor(1) as other:
        assert said(other.submit(asyncio.run, engine.submit([job(2)])).result()) == [2]
    engine.close()
    engine.close()


def test_what_was_done_is_counted() -> None:
    async def ask() -> Engine:
        async with opened(FakePath(), batch=2) as engine:
            await engine.submit([job(key) for key in range(5)])
            return engine

    counts = asyncio.run(ask()).counts
    assert (counts.batches, counts.rows, counts.forced_splits, counts.failures) == (3, 5, 0, 0)
    assert counts.busy_s > 0
