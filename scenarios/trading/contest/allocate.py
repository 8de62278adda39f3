"""The third step of the contest: from what is expected of traders to their weights in the capital.

Weights are never negative and sum to at most 1; what is left is cash. No trader gets more than `cap`: what is
cut off goes to the others in proportion to their weights, and to cash when all are at the cap.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, fsum
from typing import Annotated, Literal, Protocol

from pydantic import Field

from scenarios.environment import Spec

Weights = dict[str, float]

_BP = 1e-4


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a trader stands when capital is allocated.

    Attributes:
        utility: what its next sessions are expected to be worth.
        total: the sum of its matured scores.
    """

    utility: float
    total: float


class Allocator(Protocol):
    """Divides the capital among traders."""

    @property
    def cap(self) -> float:
        """Most that one trader may get, as a share of the capital."""
        ...

    def weights(self, standings: Mapping[str, Standing]) -> Weights:
        """The weight of every trader, in the order of `standings`."""
        ...


class _Capped(Spec):
    """What all allocators share.

    Attributes:
        cap: most that one trader may get, as a share of the capital.
    """

    cap: float = Field(default=1.0, gt=0, le=1)


class Equal(_Capped):
    """The same for all."""

    kind: Literal["equal"] = "equal"

    def weights(self, standings: Mapping[str, Standing]) -> Weights:
        """1 / n each, or the cap."""
        return capped(dict.fromkeys(standings, 1.0), self.cap)


class TopK(_Capped):
    """The same for the k best, nothing for the others; ties go to who is listed first.

    Attributes:
        k: how many.
    """

    kind: Literal["top_k"] = "top_k"
    k: int = Field(default=3, ge=1)

    def weights(self, standings: Mapping[str, Standing]) -> Weights:
        """1 / k each, or the cap."""
        best = sorted(standings, key=lambda agent: -standings[agent].utility)[: self.k]
        return capped({agent: float(agent in best) for agent in standings}, self.cap)


class PositiveProportional(_Capped):
    """In proportion to what is expected above 0: w = max(0, u) / sum of max(0, u).

    Attributes:
        none_positive: what is done when nothing good is expected of anyone.
    """

    kind: Literal["positive_proportional"] = "positive_proportional"
    none_positive: Literal["cash", "equal"] = "cash"

    def weights(self, standings: Mapping[str, Standing]) -> Weights:
        """Weights by utility, all 0 or all equal when none is above 0."""
        raw = {agent: max(0.0, standing.utility) for agent, standing in standings.items()}
        if not any(raw.values()) and self.none_positive == "equal":
            raw = dict.fromkeys(standings, 1.0)
        return capped(raw, self.cap)


class Softmax(_Capped):
    """In proportion to exp(u / temperature).

    Attributes:
        temperature_bp: in basis points of return when the utility is a mean; the lower, the greedier.
    """

    kind: Literal["softmax"] = "softmax"
    temperature_bp: float = Field(default=20.0, gt=0)

    def weights(self, standings: Mapping[str, Standing]) -> Weights:
        """Weights by utility; adding the same to all utilities changes nothing."""
        scale = 1 / (self.temperature_bp * _BP)
        return capped(_exponential({a: scale * s.utility for a, s in standings.items()}), self.cap)


class Hedge(_Capped):
    """In proportion to exp(eta * sum of all matured scores) (Freund and Schapire 1997); predicts nothing.

    Attributes:
        eta: learning rate, per unit of score: 10 weighs a trader that made 10 percent more e times as much.
    """

    kind: Literal["hedge"] = "hedge"
    eta: float = Field(default=10.0, gt=0)

    def weights(self, standings: Mapping[str, Standing]) -> Weights:
        """Weights by total score."""
        return capped(_exponential({a: self.eta * s.total for a, s in standings.items()}), self.cap)


AnyAllocator = Annotated[Equal | TopK | PositiveProportional | Softmax | Hedge, Field(discriminator="kind")]


def capped(raw: Mapping[str, float], cap: float) -> Weights:
    """`raw` scaled to sum to 1 with no weight above `cap`; less than 1 when all that weigh are at the cap.

    Args:
        raw: weights up to a factor, none negative; all 0 gives all cash.
        cap: the most that one may get.
    """
    weights = dict.fromkeys(raw, 0.0)
    free = {agent for agent, weight in raw.items() if weight > 0}
    while free:
        left, total = (
            1 - cap * (sum(map(bool, raw.values())) - len(free)),
            fsum(raw[a] for a in raw if a in free),
        )
        over = {agent for agent in free if left * raw[agent] / total > cap}
        if not over:
            return weights | {agent: left * raw[agent] / total for agent in raw if agent in free}
        weights |= dict.fromkeys((agent for agent in raw if agent in over), cap)
        free -= over
    return weights


def _exponential(exponents: Mapping[str, float]) -> Weights:
    highest = max(exponents.values())
    return {agent: exp(value - highest) for agent, value in exponents.items()}
