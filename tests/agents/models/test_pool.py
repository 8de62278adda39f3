"""Models are opened once, at their first call, and shared."""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Sequence
from typing import Any

import pytest

from agents.models.pool import ModelPool
from agents.models.spec import ModelSpec, model_spec
from lab.core.calls import ModelFailure, ModelReply, ModelRequest
from lab.core.errors import UsageError

SPEC = model_spec("mock/one", {})
REQUEST = ModelRequest("mock/one", ())


class Counted:
    """A model that counts what it is asked and whether it was closed."""

    def __init__(self) -> None:
        self.calls = 0
        self.closed = 0

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        self.calls += len(requests)
        return [ModelReply("a") for _ in requests]

    async def aclose(self) -> None:
        self.closed += 1


class Opens:
    """A provider that opens counted models once it is let, or fails to."""

    def __init__(self) -> None:
        self.models: list[Any] = []
        self.error: Exception | None = None
        self.let = threading.Event()
        self.let.set()

    def open(self, spec: ModelSpec) -> Any:
        assert self.let.wait(timeout=10)
        self.models.append(Counted())
        if self.error:
            raise self.error
        return self.models[-1]


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Opens:
    """The provider of every model."""
    opens = Opens()
    monkeypatch.setattr("agents.models.pool.provider_of", lambda spec: opens)
    return opens


def test_a_model_that_is_never_asked_is_never_opened(provider: Opens) -> None:
    async def work() -> None:
        pool = ModelPool()
        pool.model(SPEC)
        await pool.aclose()

    asyncio.run(work())
    assert provider.models == []


def test_equal_models_are_opened_once_and_asked_side_by_side(provider: Opens) -> None:
    alias = model_spec("short", {"short": {"model": "mock/one", "options": {"temperature": 0}}})
    other = model_spec("mock/two", {})

    async def work() -> None:
        pool = ModelPool()
        users = [pool.model(spec) for spec in (SPEC, SPEC, alias, other)]
        await asyncio.gather(*(user.complete([REQUEST]) for user in users))

    asyncio.run(work())
    assert sorted(model.calls for model in provider.models) == [1, 3]


def test_who_gives_up_waiting_takes_the_model_from_nobody(provider: Opens) -> None:
    provider.let.clear()

    async def work() -> Sequence[ModelReply | ModelFailure]:
        pool = ModelPool()
        hasty, patient = (asyncio.create_task(pool.model(SPEC).complete([REQUEST])) for _ in range(2))
        await asyncio.sleep(0)
        hasty.cancel()
        await asyncio.wait([hasty])
        provider.let.set()
        return await patient

    assert asyncio.run(work()) == [ModelReply("a")]
    assert len(provider.models) == 1


def test_a_model_that_cannot_be_opened_fails_everyone_alike(provider: Opens) -> None:
    """Tried once; the trace of the last failure is as short as the first one's."""
    provider.error = UsageError("no such weights")

    async def work() -> list[str]:
        pool, traces = ModelPool(), []
        for _ in range(3):
            try:
                await pool.model(SPEC).complete([REQUEST])
            except UsageError as error:
                traces.append("".join(traceback.format_exception(error)))
        await pool.aclose()
        return traces

    first, *others = asyncio.run(work())
    assert first.endswith("UsageError: no such weights\n")
    assert others == [first, first]
    assert len(provider.models) == 1


def test_a_closed_pool_has_closed_its_models_and_opens_them_again(provider: Opens) -> None:
    async def work() -> None:
        pool = ModelPool()
        for _ in range(2):
            await pool.model(SPEC).complete([REQUEST])
            await pool.aclose()
        await pool.aclose()

    asyncio.run(work())
    assert [(model.calls, model.closed) for model in provider.models] == [(1, 1), (1, 1)]


def test_closing_waits_for_a_model_that_is_being_opened(provider: Opens) -> None:
    provider.let.clear()

    async def work() -> None:
        pool = ModelPool()
        user = asyncio.create_task(pool.model(SPEC).complete([REQUEST]))
        await asyncio.sleep(0)
        closing = asyncio.create_task(pool.aclose())
        await asyncio.sleep(0)
        user.cancel()
        provider.let.set()
        await closing

    asyncio.run(work())
    assert [model.closed for model in provider.models] == [1]


def test_a_model_without_anything_to_close_is_closed_too(provider: Opens, monkeypatch: Any) -> None:
    monkeypatch.delattr(Counted, "aclose")

    async def work() -> None:
        pool = ModelPool()
        await pool.model(SPEC).complete([REQUEST])
        await pool.aclose()

    asyncio.run(work())


def test_another_event_loop_gets_models_of_its_own(provider: Opens) -> None:
    """What a loop left behind when it ended, half-open models too, can be awaited by nobody."""
    pool = ModelPool()

    async def leave_while_opening() -> None:
        provider.let.clear()
        opening = asyncio.create_task(pool.model(SPEC).complete([REQUEST]))
        await asyncio.sleep(0)
        opening.cancel()
        provider.let.set()

    async def ask() -> None:
        await pool.model(SPEC).complete([REQUEST])

    asyncio.run(leave_while_opening())
    asyncio.run(ask())
    asyncio.run(ask())
    asyncio.run(pool.aclose())
    assert [model.calls for model in provider.models] == [0, 1, 1]
