"""The clock behind the small port."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from lab.core.errors import RuleError
from lab.core.ports import Play
from lab.engine.clock import Clock, nothing_due


def run(clock: Clock) -> None:
    """Step until nothing is due."""
    while not nothing_due(clock.next_tick()):
        clock.step()


def noting(clock: Clock, notes: list[tuple[int, str]], name: str) -> Callable[[object], None]:
    """A callback that notes the tick and a name."""
    return lambda event: notes.append((clock.now, name))


def test_time_is_whole_ticks_from_zero() -> None:
    clock = Clock()
    assert (clock.now, type(clock.now)) == (0, int)
    clock.timeout(3)
    assert clock.next_tick() == 3
    clock.step()
    assert (clock.now, type(clock.now)) == (3, int)


def test_nothing_is_due_on_a_fresh_clock() -> None:
    assert nothing_due(Clock().next_tick())
    assert not nothing_due(7)
    assert nothing_due(math.inf)


def test_a_reply_comes_before_the_other_events_of_its_tick_and_replies_in_the_order_delivered() -> None:
    clock = Clock()
    notes: list[tuple[int, str]] = []
    clock.timeout(2).callbacks.append(noting(clock, notes, "wait"))
    for name in ("first", "second"):
        reply = clock.reply()
        reply.callbacks.append(noting(clock, notes, name))
        reply.deliver(name, 2)
    run(clock)
    assert notes == [(2, "first"), (2, "second"), (2, "wait")]


@pytest.mark.parametrize("ticks", [-1, 0.5, 2.0, True, "1"])
def test_a_timeout_takes_whole_ticks_only(ticks: int) -> None:
    with pytest.raises(RuleError, match="whole number of ticks"):
        Clock().timeout(ticks)


def test_processes_join_by_first_and_by_all() -> None:
    clock, notes = Clock(), []

    def sleeper(ticks: int) -> Play:
        yield clock.timeout(ticks)

    def waiter() -> Play:
        yield clock.first_of(clock.process(sleeper(3)), clock.timeout(1))
        notes.append(clock.now)
        yield clock.all_of(clock.process(sleeper(3)), clock.timeout(5))
        notes.append(clock.now)

    clock.process(waiter())
    run(clock)
    assert notes == [1, 6]


def test_places_are_held_by_at_most_the_capacity() -> None:
    clock, inside, most = Clock(), [0], [0]
    places = clock.resource(2)

    def guest() -> Play:
        yield places.acquire()
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        yield clock.timeout(1)
        inside[0] -= 1
        places.release()

    for _ in range(5):
        clock.process(guest())
    run(clock)
    assert (most[0], inside[0], clock.now) == (2, 0, 3)
