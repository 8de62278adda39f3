from __future__ import annotations

import asyncio

import pytest

from agents.models.retry import Again, Attempt, Backoff, Fault, Limiter, persist
from lab.core.calls import ModelFailure, ModelReply

SOON = Backoff(base_s=0.001)
BUSY = Fault(ModelFailure("rate_limit", "busy"), Again.LATER)
DOWN = Fault(ModelFailure("server", "down"), Again.LATER)
WRONG = Fault(ModelFailure("refused_request", "wrong"), Again.NEVER)
ODD = Fault(ModelFailure("refused_request", "odd"), Again.NOW)
GOOD = ModelReply("left")


def tries(*outcomes: ModelReply | Fault) -> tuple[Attempt, list[ModelReply | Fault]]:
    """An attempt that has these outcomes in turn, and those still to come."""
    left = list(outcomes)

    async def attempt() -> ModelReply | Fault:
        return left.pop(0)

    return attempt, left


def persisted(
    *outcomes: ModelReply | Fault, retries: int = 2, limiter: Limiter | None = None, backoff: Backoff = SOON
) -> tuple[ModelReply | ModelFailure, int]:
    """(what came of it, how many outcomes were not used)."""
    attempt, left = tries(*outcomes)
    call = persist(attempt, limiter or Limiter(4), backoff=backoff, retries=retries, key=1)
    return asyncio.run(call), len(left)


def kinds(result: ModelReply | ModelFailure) -> list[str]:
    return [failure.kind for failure in result.failed]


def test_a_good_try_is_the_reply() -> None:
    assert persisted(GOOD) == (GOOD, 0)


def test_tries_before_a_reply_are_kept_with_it() -> None:
    result, _ = persisted(DOWN, BUSY, GOOD)
    assert isinstance(result, ModelReply)
    assert kinds(result) == ["server", "rate_limit"]


def test_the_last_failure_stands_when_tries_run_out() -> None:
    result, unused = persisted(DOWN, DOWN, BUSY, GOOD, retries=2)
    assert isinstance(result, ModelFailure)
    assert (result.kind, kinds(result), unused) == ("rate_limit", ["server", "server"], 1)


def test_what_cannot_get_better_is_tried_once() -> None:
    result, unused = persisted(WRONG, GOOD)
    assert isinstance(result, ModelFailure)
    assert unused == 1


def test_a_try_at_once_costs_no_retry() -> None:
    result, _ = persisted(ODD, GOOD, retries=0)
    assert kinds(result) == ["refused_request"]


def test_a_server_that_asks_for_an_hour_is_left_alone() -> None:
    result, unused = persisted(Fault(BUSY.failure, Again.LATER, asked_s=3600), GOOD)
    assert isinstance(result, ModelFailure)
    assert unused == 1


def test_waits_grow_and_end_and_come_from_the_key() -> None:
    backoff = Backoff(base_s=1, most_s=8)
    waits = [backoff.wait_s(7, nth) for nth in range(6)]
    assert waits == [backoff.wait_s(7, nth) for nth in range(6)]
    assert waits != [backoff.wait_s(8, nth) for nth in range(6)]
    for nth, wait in enumerate(waits):
        assert min(8, 2**nth) / 2 <= wait <= min(8, 2**nth)
    assert backoff.wait_s(7, 0, asked_s=5) == 5 + waits[0]


@pytest.mark.parametrize(("fault", "limit"), [(BUSY, 4), (DOWN, 8)])
def test_a_rate_limit_halves_the_tries_at_once_and_a_broken_server_does_not(fault: Fault, limit: int) -> None:
    limiter = Limiter(8)
    persisted(fault, WRONG, limiter=limiter)
    assert limiter.limit == limit


def test_tries_of_one_round_halve_once() -> None:
    async def play() -> list[int]:
        limiter, seen = Limiter(8), []
        entered = [await limiter.enter() for _ in range(8)]
        for one in entered:
            limiter.slow_down(one)
            limiter.leave()
            seen.append(limiter.limit)
        limiter.slow_down(await limiter.enter())
        return [*seen, limiter.limit]

    assert asyncio.run(play()) == [4] * 8 + [2]


def test_a_round_of_good_tries_brings_one_more_place_up_to_the_most() -> None:
    limiter = Limiter(8)
    limiter.slow_down(0)
    for _ in range(5):
        limiter.speed_up()
    assert limiter.limit == 5
    for _ in range(100):
        limiter.speed_up()
    assert limiter.limit == 8


def test_the_limit_never_falls_below_one() -> None:
    limiter = Limiter(2)
    for halvings in range(5):
        limiter.slow_down(halvings)
    assert limiter.limit == 1


def test_no_more_tries_than_the_limit_are_under_way() -> None:
    async def play() -> int:
        limiter, running, most = Limiter(3), 0, 0

        async def attempt() -> ModelReply:
            nonlocal running, most
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            return GOOD

        calls = [persist(attempt, limiter, backoff=SOON, retries=0, key=n) for n in range(20)]
        assert await asyncio.gather(*calls) == [GOOD] * 20
        return most

    assert asyncio.run(play()) == 3


def test_places_are_given_first_come_first_served() -> None:
    async def play() -> list[int]:
        limiter, served = Limiter(1), []

        async def take(number: int) -> None:
            await limiter.enter()
            served.append(number)
            await asyncio.sleep(0)
            limiter.leave()

        await asyncio.gather(*(take(number) for number in range(5)))
        return served

    assert asyncio.run(play()) == [0, 1, 2, 3, 4]


def test_nobody_enters_while_the_server_asks_to_wait() -> None:
    async def play() -> float:
        limiter, loop = Limiter(4), asyncio.get_running_loop()
        start = loop.time()
        limiter.slow_down(await limiter.enter(), hold_s=0.02)
        limiter.leave()
        await limiter.enter()
        return loop.time() - start

    assert asyncio.run(play()) >= 0.019


def test_a_cancelled_wait_leaves_its_place_to_the_next() -> None:
    async def play() -> None:
        limiter = Limiter(1)
        await limiter.enter()
        first, second = (asyncio.create_task(limiter.enter()) for _ in range(2))
        await asyncio.sleep(0)
        limiter.leave()  # gives the place to `first`, which is cancelled before it hears of it
        first.cancel()
        await asyncio.wait_for(second, timeout=1)
        assert first.cancelled()
        third = asyncio.create_task(limiter.enter())
        await asyncio.sleep(0)
        third.cancel()
        await asyncio.sleep(0)
        limiter.leave()
        await asyncio.wait_for(limiter.enter(), timeout=1)

    asyncio.run(play())
