"""The world's clock: SimPy behind a small port, with integer ticks. This module owns simpy."""

from __future__ import annotations

import math
from collections.abc import Callable
from inspect import isgenerator
from typing import Any

import simpy
from simpy.events import URGENT

from lab.core.errors import RuleError
from lab.core.ports import Play


class Reply(simpy.Event):
    """What an ask yields: fires with the decision, before its tick's other events."""

    def deliver(self, value: Any, delay_ticks: int) -> None:
        """Fire with `value` after `delay_ticks`."""
        self._ok = True
        self._value = value
        self.env.schedule(self, URGENT, delay_ticks)


class Places:
    """A resource: at most `capacity` holders, served in the order they asked."""

    def __init__(self, sim: simpy.Environment, capacity: int) -> None:
        self._resource = simpy.Resource(sim, capacity)

    def acquire(self) -> Any:
        """Yield this to wait for a place."""
        return self._resource.request()

    def release(self) -> None:
        """Give the place held longest back.

        Raises:
            RuleError: when nobody holds one.
        """
        if not self._resource.users:
            raise RuleError("release of a resource that nobody holds")
        self._resource.release(self._resource.users[0])


class Clock:
    """Simulated time and the queue of what is due; `step` handles one event."""

    def __init__(self) -> None:
        self._sim = simpy.Environment()
        self.step: Callable[[], None] = self._sim.step

    @property
    def now(self) -> int:
        """The present tick."""
        return self._sim._now  # type: ignore[return-value]  # ticks go in as integers and stay so

    def next_tick(self) -> float:
        """The tick of the next event, infinity when nothing is due."""
        return self._sim.peek()

    def reply(self) -> Reply:
        """A fresh reply to yield on."""
        return Reply(self._sim)

    def timeout(self, ticks: int) -> Any:
        """An event `ticks` from now.

        Raises:
            RuleError: for a negative or fractional number: time is whole ticks.
        """
        if type(ticks) is not int or ticks < 0:
            raise RuleError(f"wait takes a whole number of ticks, zero or more, not {ticks!r}")
        return self._sim.timeout(ticks)

    def process(self, play: Play) -> Any:
        """Start a process; yield what this returns to wait for its end."""
        if not isgenerator(play):
            raise RuleError(f"a process is a generator: play() must yield, but it returned {play!r:.80}")
        process = self._sim.process(play)  # type: ignore[arg-type]  # simpy checks each yield
        process.callbacks.append(_raise_as_it_is)
        return process

    def explained(self, error: RuntimeError) -> RuntimeError | RuleError:
        """Simpy's complaint about what a process yielded in the lab's words; any other error as it is."""
        if "Invalid yield value" not in str(error):
            return error
        return RuleError("a process yielded what is no wait: yield what ask, ask_all, wait, spawn … return")

    def first_of(self, *waits: Any) -> Any:
        """An event that fires with the first of `waits`."""
        return simpy.AnyOf(self._sim, waits)

    def all_of(self, *waits: Any) -> Any:
        """An event that fires when all of `waits` have."""
        return simpy.AllOf(self._sim, waits)

    def resource(self, capacity: int) -> Places:
        """A resource with `capacity` places.

        Raises:
            RuleError: for a capacity below one.
        """
        if capacity < 1:
            raise RuleError(f"a resource has at least one place, not {capacity}")
        return Places(self._sim, capacity)


def _raise_as_it_is(process: Any) -> None:
    """Let an exception leave the clock with its own type and traceback; simpy would raise a copy."""
    if not process.ok:
        process.defused = True
        raise process.value


def nothing_due(tick: float) -> bool:
    """Whether `tick`, as `Clock.next_tick` gives it, says that nothing is due at all."""
    return math.isinf(tick)
