"""What drives a world from its first instant to its end, and says how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from lab.core.errors import RunFailed
from lab.core.records import DecisionRequest, Measured, RunStatus, Status
from lab.engine.asks import Ask
from lab.engine.calls import Calls
from lab.engine.context import Context
from lab.engine.seats import Verdict, answer_request
from lab.engine.world import SimWorld

LOOP_SHARE_S = 0.02
"""A world that never awaits gives the event loop a turn this often."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends a run early; None for no limit.

    Ticks, decisions, tokens and cost are computed from the log, so reaching them is part of the run
    (`limited`). `wall_s` ends it from outside (`stopped`). `ticks_from` names the setting that the world's
    number of ticks comes from.
    """

    decisions: int | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    wall_s: float | None = None
    ticks_from: str = "clock.max_ticks"
    error_share: float = 0.0


@dataclass(slots=True)
class StopSignal:
    """Set `now` to stop the worlds that watch this signal at their next barrier."""

    now: bool = False


@dataclass(frozen=True, slots=True)
class LiveChange:
    """What a fork changes from decision `at` on: params marked live, and the policies' keys."""

    at: int
    params: Mapping[str, Any] | None = None
    reseed: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what it measured when it ended by itself."""

    status: RunStatus
    ticks: int
    measures: tuple[Measured, ...] = ()
    reason: str | None = None


class Conductor:
    """Drives one world: barrier, verdicts, settlement, until it is over."""

    def __init__(
        self,
        world: SimWorld,
        calls: Calls,
        limits: Limits,
        stop: StopSignal,
        changes: Sequence[LiveChange] = (),
    ) -> None:
        self._world = world
        self._calls = calls
        self._limits = limits
        self._stop = stop
        self._changes = changes
        self._params_due = [change for change in changes if change.params is not None]
        self._errors = 0
        self._last_error: str | None = None
        self._started = monotonic()
        self._turn = self._started

    async def conduct(self) -> Outcome:
        """Play the world to its end.

        Raises:
            RuleError: when the environment or a policy broke the engine's rules.
            RunFailed: when more decisions ended in errors than the scenario allows.
            ReplayDiverged: when a re-execution did not repeat the log.
        """
        world = self._world
        while asks := world.advance():
            if await self._must_stop():
                return Outcome(RunStatus.STOPPED, world.now + 1, reason=self._why_stopped())
            self._change_params(asks)
            verdicts = await self._verdicts(asks)
            self._count_errors(verdicts)
            world.settle(asks, verdicts)
            world.asks_closed = self._limit_reached() is not None
        if world.turned_away:
            return self._end(RunStatus.LIMITED, self._limit_reached())
        if world.out_of_ticks:
            return self._end(RunStatus.LIMITED, f"{self._limits.ticks_from}: {world.max_ticks}")
        return self._end(RunStatus.DONE, None)

    def _why_stopped(self) -> str:
        return "stopped from outside" if self._stop.now else f"limits.wall_s: {self._limits.wall_s}"

    def _end(self, status: RunStatus, reason: str | None) -> Outcome:
        world = self._world
        self._check_errors(final=True)
        measures = tuple(world.environment.measured(world.ledger.record))
        world.finish(measures)
        return Outcome(status, world.now + 1, measures, reason)

    async def _verdicts(self, asks: Sequence[Ask]) -> list[Verdict]:
        verdicts = [answer_request(ask.participant, ask.request, self._context) for ask in asks]
        waiting = [index for index, verdict in enumerate(verdicts) if type(verdict) is not Verdict]
        if waiting:
            arrived = await _all(verdicts[index] for index in waiting)
            for index, verdict in zip(waiting, arrived, strict=True):
                verdicts[index] = verdict
        return verdicts  # type: ignore[return-value]

    def _context(self, request: DecisionRequest) -> Context:
        reseed = sum(change.reseed for change in self._changes if request.seq >= change.at)
        return Context(self._world.seed, request, self._calls, self._world.environment, reseed)

    def _change_params(self, asks: Sequence[Ask]) -> None:
        while self._params_due and any(ask.request.seq >= self._params_due[0].at for ask in asks):
            params = self._params_due.pop(0).params
            assert params is not None, "only changes with params are due"
            self._world.environment.change_live(params)

    def _limit_reached(self) -> str | None:
        limits, calls = self._limits, self._calls
        if limits.decisions is not None and self._world.ledger.decisions >= limits.decisions:
            return f"limits.decisions: {limits.decisions}"
        if limits.tokens is not None and calls.tokens >= limits.tokens:
            return f"limits.tokens: {limits.tokens}"
        if limits.cost_usd is not None and calls.cost_usd >= limits.cost_usd:
            return f"limits.cost_usd: {limits.cost_usd}"
        return None

    async def _must_stop(self) -> bool:
        now = monotonic()
        if now - self._turn > LOOP_SHARE_S:
            await asyncio.sleep(0)
            self._turn = monotonic()
        if self._limits.wall_s is not None and now - self._started > self._limits.wall_s:
            return True
        return self._stop.now

    def _count_errors(self, verdicts: Sequence[Verdict]) -> None:
        errors = [verdict.answer.raw for verdict in verdicts if verdict.status is Status.ERROR]
        self._errors += len(errors)
        self._last_error = errors[-1] if errors else self._last_error
        if self._errors and not self._limits.error_share:
            self._check_errors(final=False)

    def _check_errors(self, *, final: bool) -> None:
        decided = self._world.ledger.decisions
        share = self._errors / max(decided, 1)
        if self._errors and (not final or share > self._limits.error_share):
            allowed = self._limits.error_share
            raise RunFailed(
                f"{self._errors} of {max(decided, self._errors)} decisions ended in model errors; "
                f"failures.decisions allows a share of {allowed}; the last one: {self._last_error}"
            )


async def _all(waiting: Any) -> list[Verdict]:
    """All awaited verdicts, in order; the first error cancels nothing that is already paid for."""
    tasks: list[Awaitable[Verdict]] = list(waiting)
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results  # type: ignore[return-value]
