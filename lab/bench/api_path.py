"""The API path of ``lab bench models``: what a call costs beside the openai package used by itself.

All clients ask one server on loopback that takes 50 ms, in interleaved rounds of one process.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import Awaitable, Callable, Iterator
from time import perf_counter, process_time
from typing import Any, NamedTuple

from agents.models.spec import ModelSpec, provider_of
from lab.bench.engine import Figure
from lab.bench.loopback import loopback_server
from lab.core.calls import ModelReply, ModelRequest

TASKS = 200
EACH = 10
ROUNDS = 5
LATENCY_S = 0.05
MODEL = "loopback"
PROMPT = "You are one of two hundred. Choose left or right. " * 8

Way = Callable[[str], int]
"""Makes calls to the server at a base URL; tells how many."""


class Round(NamedTuple):
    """One way's share of a round."""

    calls_per_s: float
    cpu_s_per_call: float


def api_path(
    through: Way | None = None, *, rounds: int = ROUNDS, tasks: int = TASKS, each: int = EACH
) -> Iterator[Figure]:
    """Calls a second of our client over those of a bare `AsyncOpenAI`, medians of interleaved rounds.

    Args:
        through: a whole workload to measure too, such as 200 agents through `lab.run`.
        rounds: how often each way has its turn.
        tasks: calls under way at once.
        each: calls that each task makes, one after another.
    """
    ways: dict[str, Way] = {
        "bare": lambda url: asyncio.run(_bare(url, tasks, each)),
        "ours": lambda url: asyncio.run(_ours(url, tasks, each)),
        "sockets": lambda url: asyncio.run(_sockets(url, tasks, each)),
    }
    if through is not None:
        ways["through"] = through
    measured: dict[str, list[Round]] = {name: [] for name in ways}
    with loopback_server(LATENCY_S) as port:
        for _ in range(rounds):
            for name, way in ways.items():
                measured[name].append(_timed(way, f"http://127.0.0.1:{port}/v1"))
    yield _rate("raw sockets", measured["sockets"])
    yield _rate("bare AsyncOpenAI", measured["bare"])
    yield from _beside("our client", measured["ours"], measured["bare"])
    if through is not None:
        yield from _beside("through the engine", measured["through"], measured["bare"])


# --- inside ----------------------------------------------------------------------------------------


def _timed(way: Way, base_url: str) -> Round:
    start, cpu = perf_counter(), process_time()
    calls = way(base_url)
    return Round(calls / (perf_counter() - start), (process_time() - cpu) / calls)


def _rate(name: str, some: list[Round]) -> Figure:
    return Figure(name, statistics.median(one.calls_per_s for one in some), "calls a second")


def _beside(name: str, some: list[Round], bare: list[Round]) -> Iterator[Figure]:
    pairs = list(zip(some, bare, strict=True))
    speed = 100 * statistics.median(one.calls_per_s / other.calls_per_s for one, other in pairs)
    cpu = statistics.median(one.cpu_s_per_call / other.cpu_s_per_call for one, other in pairs)
    yield Figure(name, speed, "% of bare AsyncOpenAI", 90, at_least=True)
    yield Figure(f"{name}, CPU per call", cpu, "× bare AsyncOpenAI")


async def _spread(call: Callable[[], Awaitable[Any]], tasks: int, each: int) -> int:
    """Calls made by `tasks` tasks, `each` of them one after another."""

    async def task() -> None:
        for _ in range(each):
            await call()

    await asyncio.gather(*(task() for _ in range(tasks)))
    return tasks * each


async def _bare(base_url: str, tasks: int, each: int) -> int:
    import openai  # the yardstick

    async with openai.AsyncOpenAI(base_url=base_url, api_key="none", max_retries=0) as client:
        return await _spread(
            lambda: client.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": PROMPT}], max_tokens=9
            ),
            tasks,
            each,
        )


async def _ours(base_url: str, tasks: int, each: int) -> int:
    spec = ModelSpec(MODEL, "openai", MODEL, base_url=base_url)
    model: Any = provider_of(spec).open(spec)

    async def call() -> None:
        (result,) = await model.complete([request])
        assert isinstance(result, ModelReply), result

    request = ModelRequest(MODEL, ({"role": "user", "content": PROMPT},), {"max_tokens": 9}, seed=1)
    try:
        return await _spread(call, tasks, each)
    finally:
        await model.aclose()


async def _sockets(base_url: str, tasks: int, each: int) -> int:
    """The same requests as prepared bytes: what the machine could do."""
    port = int(base_url.rpartition(":")[2].partition("/")[0])
    body = json.dumps({"model": MODEL, "messages": [{"role": "user", "content": PROMPT}]}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {len(body)}\r\n\r\n"
    content = head.encode() + body

    async def task() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(each):
            writer.write(content)
            answered = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(answered.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(task() for _ in range(tasks)))
    return tasks * each
