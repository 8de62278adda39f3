"""The first step of the contest: from what a trader's position brought to a score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from scenarios.environment import Spec


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a session brought to an account, as shares of its equity.

    Attributes:
        gross: the return before costs.
        cost: what trading into the position cost, never negative.
    """

    gross: float
    cost: float

    @property
    def net(self) -> float:
        """The return after costs."""
        return self.gross - self.cost


class Quantifier(Protocol):
    """Scores a trader's session by its matured outcome."""

    def score(self, outcome: Outcome) -> float:
        """The score, higher is better."""
        ...


class RealizedReturn(Spec):
    """The realized return of the position, net of costs unless told otherwise.

    Attributes:
        net: whether costs are taken off.
    """

    kind: Literal["realized_return"] = "realized_return"
    net: bool = True

    def score(self, outcome: Outcome) -> float:
        """The return as a share: 0.01 is one percent."""
        return outcome.net if self.net else outcome.gross
