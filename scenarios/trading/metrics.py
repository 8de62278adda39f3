"""Return metrics of an equity curve: pure functions, None where a metric is undefined.

Equity is a sequence of portfolio values V_0 … V_T in any unit, cents or points; r_t = V_t / V_(t-1) - 1 are
its simple net returns and P the periods in a year. `UNDEFINED` says in words why each metric may be None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from math import fsum, sqrt

Equity = Sequence[float]

UNDEFINED: Mapping[str, str] = {
    "cumulative_return": "fewer than two equity values, or equity starts at 0 or below",
    "annual_return": "fewer than two equity values, or equity starts or ends at 0 or below",
    "volatility": "fewer than two returns",
    "sharpe": "fewer than two returns, or returns that never differ",
    "sortino": "no returns, or no return below the risk-free rate",
    "max_drawdown": "fewer than two equity values, or equity starts at 0 or below",
    "turnover": "mean equity is 0 or below",
}

_SAME = 1e-12
"""Returns whose spread is below this share of the largest are equal but for rounding."""


def returns(equity: Equity) -> list[float]:
    """The simple returns r_1 … r_T; none of fewer than two values or when equity fell to 0 before the end."""
    if any(value <= 0 for value in equity[:-1]):
        return []
    return [after / before - 1 for before, after in pairwise(equity)]


def cumulative_return(equity: Equity) -> float | None:
    """CR = V_T / V_0 - 1."""
    return equity[-1] / equity[0] - 1 if _has_start(equity) else None


def annual_return(equity: Equity, periods_per_year: float) -> float | None:
    """The yearly rate that compounds to CR: (1 + CR)^(P / T) - 1."""
    total = cumulative_return(equity)
    if total is None or total <= -1:
        return None
    return float((1 + total) ** (periods_per_year / (len(equity) - 1)) - 1)


def volatility(equity: Equity, periods_per_year: float) -> float | None:
    """The yearly standard deviation of returns: std(r, ddof 1) * sqrt(P)."""
    deviation = _deviation(returns(equity))
    return None if deviation is None else deviation * sqrt(periods_per_year)


def sharpe(equity: Equity, periods_per_year: float, *, rf: float = 0.0) -> float | None:
    """The yearly Sharpe ratio: mean(r - rf) / std(r - rf, ddof 1) * sqrt(P).

    Args:
        equity: the portfolio values.
        periods_per_year: returns in a year, such as 252.
        rf: the risk-free return of one period.
    """
    excess = [r - rf for r in returns(equity)]
    deviation = _deviation(excess)
    if not deviation:
        return None
    return fsum(excess) / len(excess) / deviation * sqrt(periods_per_year)


def sortino(equity: Equity, periods_per_year: float, *, rf: float = 0.0) -> float | None:
    """The yearly Sortino ratio: mean(r - rf) / sqrt(mean of min(r - rf, 0)^2 over all t) * sqrt(P).

    The mean of squares is over all periods, not over the losing ones alone; the arguments are `sharpe`'s.
    """
    excess = [r - rf for r in returns(equity)]
    downside = fsum(min(r, 0.0) ** 2 for r in excess)
    if not downside:
        return None
    n = len(excess)
    return fsum(excess) / n / sqrt(downside / n) * sqrt(periods_per_year)


def max_drawdown(equity: Equity) -> float | None:
    """The deepest fall from a peak, 0 or negative: min over t of V_t / max over s <= t of V_s - 1."""
    if not _has_start(equity):
        return None
    return min(value / peak - 1 for value, peak in zip(equity, accumulate(equity, max), strict=True))


def turnover(traded: Sequence[float], equity: Equity) -> float | None:
    """How often the portfolio was turned over: half the value bought and sold, over mean equity.

    Args:
        traded: the value of each trade, buys and sales alike, in the unit of `equity`.
        equity: the portfolio values.
    """
    level = fsum(equity) / len(equity) if equity else 0.0
    return 0.5 * fsum(abs(value) for value in traded) / level if level > 0 else None


def weight_turnover(before: Mapping[str, float], target: Mapping[str, float]) -> float:
    """The share of a portfolio that one step trades: 0.5 * sum of |w_target - w_before|.

    Weights include cash, so that going from all cash into one asset turns over 1; a missing name weighs 0.
    """
    names = sorted(before.keys() | target.keys())
    return 0.5 * fsum(abs(target.get(name, 0.0) - before.get(name, 0.0)) for name in names)


def _has_start(equity: Equity) -> bool:
    return len(equity) >= 2 and equity[0] > 0


def _deviation(values: Sequence[float]) -> float | None:
    """The standard deviation with ddof 1; 0 when the values differ by rounding only."""
    n = len(values)
    if n < 2:
        return None
    center = fsum(values) / n
    deviation = sqrt(fsum((value - center) ** 2 for value in values) / (n - 1))
    return deviation if deviation > _SAME * max(1.0, *map(abs, values)) else 0.0
