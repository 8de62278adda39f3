"""Open asks: what a world keeps of a question until its decision is delivered."""

from __future__ import annotations

from collections.abc import Sequence

from lab.core.records import Decision, DecisionRequest
from lab.engine.clock import Reply
from lab.engine.ledger import Slot
from lab.engine.seats import Participant


class Gate:
    """Several asks that one process waits for; it goes on when the slowest reply takes effect."""

    __slots__ = ("decisions", "latest", "missing", "reply")

    def __init__(self, reply: Reply, names: Sequence[str]) -> None:
        self.reply = reply
        self.decisions: dict[str, Decision] = dict.fromkeys(names)  # type: ignore[assignment]
        self.missing = len(names)
        self.latest = 0

    def take(self, decision: Decision, delay_ticks: int) -> None:
        """Keep one decision; the last one opens the gate."""
        self.decisions[decision.agent] = decision
        self.missing -= 1
        self.latest = max(self.latest, delay_ticks)
        if not self.missing:
            self.reply.deliver(self.decisions, self.latest)


class Ask:
    """An open ask: the request, its place in the log, and who waits for the decision."""

    __slots__ = ("deadline", "gate", "participant", "reply", "request", "slot")

    def __init__(
        self, participant: Participant, request: DecisionRequest, slot: Slot, deadline: int | None
    ) -> None:
        self.participant = participant
        self.request = request
        self.slot = slot
        self.deadline = deadline
        self.reply: Reply | None = None
        self.gate: Gate | None = None
