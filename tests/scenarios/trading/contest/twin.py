"""The contest once more from prices and positions alone, in numpy and on purpose by other means."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Recomputed:
    """Rows are sessions: weights and traders' returns by trader, returns of the fund and of equal weights."""

    weights: Array
    returns: Array
    fund: Array
    equal: Array


def recompute(
    opens: Array, held: Array, *, warmup: int, m: int, tau: float, cost_bp: float, cap: float
) -> Recomputed:
    """Shrink and positive_proportional with cash, from opening prices and positions.

    `opens` are [session + 1, asset], `held` the exposures [session, trader, asset]; the others are params.
    """
    sessions, traders, _ = held.shape
    moves = opens[1:] / opens[:-1] - 1
    before = np.concatenate([np.zeros_like(held[:1]), held[:-1]])
    costs = cost_bp / 1e4 * np.abs(held - before).sum(axis=2)
    returns = np.einsum("sta,sa->st", held, moves) - costs
    weights = np.full((sessions, traders), 1 / traders)
    for t in range(sessions):
        known = returns[: max(0, t - 1)][-m:]  # the return of session t - 2 is the last that is known
        if t >= warmup and len(known) >= 2:
            mu = known.sum(axis=0) / (len(known) + tau)
            weights[t] = _capped(np.clip(mu, 0, None), cap)
    even = np.full_like(weights, 1 / traders)
    fund, equal = (_fund(shares, held, moves, cost_bp) for shares in (weights, even))
    return Recomputed(weights, returns, fund, equal)


def _capped(raw: Array, cap: float) -> Array:
    """Shares min(cap, factor * raw) that sum to 1 where they can; the factor by bisection."""
    if cap * np.count_nonzero(raw) <= 1:
        return np.where(raw > 0, cap, 0.0)
    low, high = 0.0, 2.0 / raw[raw > 0].min()
    for _ in range(200):
        factor = (low + high) / 2
        low, high = (factor, high) if np.minimum(cap, factor * raw).sum() < 1 else (low, factor)
    return np.asarray(np.minimum(cap, high * raw))


def _fund(weights: Array, held: Array, moves: Array, cost_bp: float) -> Array:
    exposure = np.einsum("st,sta->sa", weights, held)
    traded = np.abs(np.diff(exposure, axis=0, prepend=np.zeros((1, exposure.shape[1])))).sum(axis=1)
    return np.asarray((exposure * moves).sum(axis=1) - cost_bp / 1e4 * traded)
