"""What is counted, in words: one point, two points."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """How one of a thing is called, and how several are."""

    one: str
    many: str

    def of(self, count: float) -> str:
        """The count with its unit: ``1 point``, ``-1 point``, ``0.4 points``."""
        return f"{count:.10g} {self.one if abs(count) == 1 else self.many}"


POINTS = Unit("point", "points")
BASKETS = Unit("basket", "baskets")
HOURS = Unit("hour", "hours")
THOUSAND_EUROS = Unit("thousand euros", "thousand euros")
ROUNDS = Unit("round", "rounds")
EXCHANGES = Unit("exchange of messages", "exchanges of messages")
