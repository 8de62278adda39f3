"""How often, how soon and how many at once a remote model is asked; the same for every provider.

Too many requests halve the tries under way at once, and good replies bring them back one by one (additive
increase, multiplicative decrease; Chiu and Jain 1989, doi:10.1016/0169-7552(89)90019-6). A server that fails
or hangs is asked again later, but not more slowly: its errors say nothing about load.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from lab.core.calls import ModelFailure, ModelReply
from lab.core.streams import uniform


class Again(Enum):
    """Whether a failed try is worth another."""

    NEVER = auto()
    NOW = auto()
    LATER = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    """A try that failed, and what to do about it.

    Attributes:
        failure: what happened, as the log keeps it.
        again: whether to try again.
        asked_s: seconds the server asks to wait (``Retry-After``), or None.
    """

    failure: ModelFailure
    again: Again = Again.NEVER
    asked_s: float | None = None


Attempt = Callable[[], Awaitable[ModelReply | Fault]]


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before another try: exponential, with jitter from a key.

    Attributes:
        base_s: the longest first wait; every further one may be twice as long.
        most_s: the longest wait.
        patience_s: a server that asks to wait longer than this is not tried again.
    """

    base_s: float = 0.5
    most_s: float = 30.0
    patience_s: float = 120.0

    def wait_s(self, key: int, nth: int, asked_s: float | None = None) -> float:
        """Seconds after failed try `nth` (from 0): what was asked, and part of the exponential wait."""
        longest = min(self.most_s, self.base_s * 2.0**nth)
        return (asked_s or 0.0) + longest * (0.5 + uniform(key, nth) / 2)


class Limiter:
    """How many tries may be under way at once on one event loop; first come, first served.

    Args:
        most: the number at the start, and the most there ever are.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._running = 0
        self._halvings = 0
        self._holds = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def limit(self) -> int:
        """How many tries may be under way now."""
        return int(self._limit)

    async def enter(self) -> int:
        """Wait for a place; brings how often the limit was halved so far, for `slow_down`."""
        if not self._waiting and self._has_place():
            self._running += 1
            return self._halvings
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if not place.cancelled():  # the place was given in the same instant
                self.leave()
            raise
        return self._halvings

    def leave(self) -> None:
        """Give the place back."""
        self._running -= 1
        self._admit()

    def speed_up(self) -> None:
        """A try went well: a whole round of such raises the limit by one."""
        self._limit = min(self._most, self._limit + 1 / self._limit)

    def slow_down(self, entered: int, hold_s: float = 0.0) -> None:
        """A try met a rate limit: halve, and let nobody in for `hold_s`.

        Args:
            entered: what `enter` brought; tries that began before the last halving do not halve again.
            hold_s: seconds the server asks to wait.
        """
        if entered == self._halvings:
            self._halvings += 1
            self._limit = max(1.0, self._limit / 2)
        if hold_s > 0:
            self._holds += 1
            asyncio.get_running_loop().call_later(hold_s, self._end_hold)

    def _end_hold(self) -> None:
        self._holds -= 1
        self._admit()

    def _has_place(self) -> bool:
        return not self._holds and self._running < self.limit

    def _admit(self) -> None:
        while self._waiting and self._has_place():
            place = self._waiting.popleft()
            if not place.done():
                self._running += 1
                place.set_result(None)


async def persist(
    attempt: Attempt, limiter: Limiter, *, backoff: Backoff, retries: int, key: int
) -> ModelReply | ModelFailure:
    """What came of a call in the end, with every failed try before it.

    Args:
        attempt: makes one try.
        limiter: gives it a place; none is held while waiting.
        backoff: how long to wait between tries.
        retries: most tries after the first that follow a wait.
        key: the stream of the jitter.
    """
    failed: list[ModelFailure] = []
    waits = 0
    while True:
        entered = await limiter.enter()
        try:
            outcome = await attempt()
            if isinstance(outcome, ModelReply):
                limiter.speed_up()
                return replace(outcome, failed=tuple(failed)) if failed else outcome
            patient = (outcome.asked_s or 0.0) <= backoff.patience_s
            if outcome.failure.kind == "rate_limit":
                limiter.slow_down(entered, (outcome.asked_s or 0.0) if patient else 0.0)
        finally:
            limiter.leave()
        out_of_tries = outcome.again is Again.LATER and waits == retries
        if outcome.again is Again.NEVER or out_of_tries or not patient:
            return replace(outcome.failure, failed=tuple(failed))
        failed.append(outcome.failure)
        if outcome.again is Again.LATER:
            await asyncio.sleep(backoff.wait_s(key, waits, outcome.asked_s))
            waits += 1
