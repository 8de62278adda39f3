"""The contest itself: matured scores in, weights out; and an account that follows the weighted positions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Literal

from scenarios.trading.contest.allocate import Allocator, Equal, Standing, Weights
from scenarios.trading.contest.predict import Outlook, Predictor
from scenarios.trading.contest.quantify import Outcome
from scenarios.trading.contest.scores import Score

Utility = Literal["mean", "ratio"]
Exposure = Mapping[str, float]
"""By asset, the share of equity that is long (above 0) or short (below 0) in it."""

LEAST_SIGMA = 1e-4
"""A spread below one basis point counts as one: a trader in cash has none."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """How the capital is divided in one session.

    Attributes:
        weights: by trader; what is missing to 1 is cash.
        utilities: what was expected of each, None where nothing was yet.
    """

    weights: Weights
    utilities: Mapping[str, float] | None

    @property
    def cash(self) -> float:
        """The share of the capital that no trader gets, free of rounding below 1e-12."""
        left = 1 - fsum(self.weights.values())
        return left if left > 1e-12 else 0.0


def allocation(
    matured: Mapping[str, Sequence[Score]],
    *,
    predictor: Predictor,
    allocator: Allocator,
    utility: Utility,
    warmed_up: bool,
) -> Allocation:
    """Weights from matured scores: predict, then allocate.

    Equal weights are given until the contest is warmed up and every trader has the scores that the predictor
    needs; utilities are computed as soon as they can be.
    """
    histories = {agent: [score.value for score in scores] for agent, scores in matured.items()}
    equal = Equal(cap=allocator.cap).weights(dict.fromkeys(histories, Standing(0.0, 0.0)))
    if min(map(len, histories.values())) < predictor.least:
        return Allocation(equal, None)
    outlooks = predictor.outlooks(histories)
    standings = {
        agent: Standing(_utility(outlook, utility), fsum(histories[agent]))
        for agent, outlook in outlooks.items()
    }
    utilities = {agent: standing.utility for agent, standing in standings.items()}
    return Allocation(allocator.weights(standings) if warmed_up else equal, utilities)


def _utility(outlook: Outlook, utility: Utility) -> float:
    return outlook.mu if utility == "mean" else outlook.mu / max(outlook.sigma, LEAST_SIGMA)


def combined(weights: Mapping[str, float], exposures: Mapping[str, Exposure]) -> dict[str, float]:
    """The exposure of a fund that follows its traders by weight; opposite positions cancel."""
    total: dict[str, float] = {}
    for agent, exposure in exposures.items():
        for asset, share in exposure.items():
            total[asset] = total.get(asset, 0.0) + weights[agent] * share
    return {asset: share for asset, share in total.items() if share}


@dataclass(slots=True)
class Account:
    """An account that is moved to a new exposure at each opening.

    Attributes:
        held: its exposure, as it was when the last session opened.
    """

    held: Exposure = field(default_factory=dict)

    def step(self, target: Exposure, moves: Mapping[str, float], *, cost_bp: float) -> Outcome:
        """What a session brings: the cost of going from `held` to `target`, and what `moves` make of it.

        Args:
            target: the exposure from this opening to the next.
            moves: by asset, its return from this opening to the next.
            cost_bp: price of trading, in basis points of the value bought or sold.
        """
        assets = sorted(self.held.keys() | target.keys())
        traded = fsum(abs(target.get(a, 0.0) - self.held.get(a, 0.0)) for a in assets)
        gross = fsum(share * moves[asset] for asset, share in target.items())
        self.held = dict(target)
        return Outcome(gross, cost_bp * 1e-4 * traded)
