"""Open asks and the gate of several."""

from __future__ import annotations

from lab.core.records import Decision, Status
from lab.engine.asks import Gate
from lab.engine.clock import Clock


def made(agent: str) -> Decision:
    """A decision of `agent`."""
    return Decision(agent, 1, 0, 0, "choose", "a", {}, Status.OK)


def test_a_gate_opens_once_with_the_slowest_and_keeps_the_order_asked() -> None:
    clock, opened = Clock(), []
    reply = clock.reply()
    reply.callbacks.append(lambda event: opened.append((clock.now, list(event.value))))
    gate = Gate(reply, ("bob", "ann"))
    gate.take(made("ann"), 4)
    assert clock.next_tick() == float("inf")
    gate.take(made("bob"), 1)
    clock.step()
    assert opened == [(4, ["bob", "ann"])]
