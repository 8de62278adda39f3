"""The contest without an engine, session by session, in the planted and the no-skill world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.trading.contest.capital import Account, allocation, combined
from scenarios.trading.contest.market import chance_right, exposure, make_market
from scenarios.trading.contest.scores import Score, Scoreboard
from scenarios.trading.contest.spec import ContestParams


@dataclass(frozen=True)
class Simulated:
    """Mean returns after the warm-up, in basis points a session."""

    fund: float
    equal: float
    by_trader: dict[str, float]

    @property
    def gain(self) -> float:
        return self.fund - self.equal


def spread(traders: int, most_bp: float) -> dict[str, float]:
    """Skill in basis points a session, evenly from -most to most."""
    return {f"t{n}": most_bp * (2 * n / (traders - 1) - 1) for n in range(traders)}


def simulate(seed: int, skills: dict[str, float], **params: Any) -> Simulated:
    """One contest of traders that follow tips of the given skill."""
    spec = ContestParams.model_validate({"sessions": 140, "warmup": 20, **params})
    rng = np.random.Generator(np.random.PCG64(seed))
    market = make_market(spec, rng, rng)
    size, agents = market.mean_move(), tuple(skills)
    board, fund, even = Scoreboard(agents), Account(), Account()
    own = {agent: Account() for agent in agents}
    gained: list[tuple[float, float]] = []
    earned: dict[str, list[float]] = {agent: [] for agent in agents}
    for session in range(spec.sessions):
        weights = allocation(
            board.matured(session),
            predictor=spec.predict,
            allocator=spec.allocate,
            utility=spec.utility,
            warmed_up=session >= spec.warmup,
        ).weights
        moves = market.moves(session)
        held = {}
        for agent, skill in skills.items():
            asset = market.assets[rng.integers(len(market.assets))]
            right = rng.random() < chance_right(skill, size)
            held[agent] = exposure(f"{'long' if right == (moves[asset] > 0) else 'short'} {asset}")
        for agent in agents:
            value = own[agent].step(held[agent], moves, cost_bp=spec.cost_bp).net
            board.add(Score(agent, session, value, session + 1))
            earned[agent].append(value)
        equal = dict.fromkeys(agents, 1 / len(agents))
        both = [
            account.step(combined(shares, held), moves, cost_bp=spec.cost_bp).net
            for account, shares in ((fund, weights), (even, equal))
        ]
        if session >= spec.warmup:
            gained.append((both[0], both[1]))
    means = np.mean(gained, axis=0) * 1e4
    by_trader = {agent: float(np.mean(values[spec.warmup :])) * 1e4 for agent, values in earned.items()}
    return Simulated(float(means[0]), float(means[1]), by_trader)
