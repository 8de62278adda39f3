"""Measures of the contest: what the fund earned, what the weights added, and how good predictions were.

What is said of the fund counts the sessions after the warm-up. What is measured of each trader has a value
for the run too: the mean over those for whom it is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from statistics import fmean, stdev

from lab.core.records import Measured, MeasureSpec, RunRecord
from scenarios.trading import metrics
from scenarios.trading.behavior import correlation

BP = 1e-4
NO_SESSION = "no session after the warm-up was settled"
NO_RANK = "in no session were there predictions that differ and returns that differ"


@dataclass(frozen=True, slots=True)
class Session:
    """One settled session: weights and utilities that it began with, returns that it ended with."""

    number: int
    weights: Mapping[str, float]
    utilities: Mapping[str, float] | None
    returns: Mapping[str, float]
    fund: float
    equal: float


def sessions(record: RunRecord, *, after_warmup: bool = True) -> list[Session]:
    """The settled sessions of a run, in order."""
    allocations = {e.payload["session"]: e.payload for e in record.events if e.kind == "allocation"}
    found = []
    for event in record.events:
        if event.kind == "settled" and event.value is not None:
            number = event.payload["session"]
            if number >= record.params["warmup"] or not after_warmup:
                began = allocations[number]
                ended = event.payload
                weights, utilities = began["weights"], began["utilities"]
                found.append(
                    Session(number, weights, utilities, ended["returns"], event.value, ended["equal"])
                )
    return found


def equity(returns: list[float]) -> list[float]:
    """The account that starts with 1 and earns these returns."""
    return list(accumulate((1 + r for r in returns), lambda value, factor: value * factor, initial=1.0))


def ranks(values: list[float]) -> list[float]:
    """Ranks from 1, ties sharing their mean rank."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]


def rank_ics(record: RunRecord) -> list[float]:
    """By session, the Spearman correlation of predictions with mean returns of the next `ahead` sessions.

    Sessions without predictions, with fewer than `ahead` sessions left, or where either is the same for all
    traders have none.
    """
    ahead, played = record.params["ahead"], sessions(record)
    found = []
    for place, now in enumerate(played[: max(0, len(played) - ahead + 1)]):
        if now.utilities is not None:
            future = [
                fmean(later.returns[agent] for later in played[place : place + ahead])
                for agent in record.agents
            ]
            utilities = [now.utilities[agent] for agent in record.agents]
            value = correlation(ranks(utilities), ranks(future))
            found += [] if value is None else [value]
    return found


def _one(
    name: str, compute: Callable[[RunRecord], float | None], reason: str
) -> Callable[..., Iterator[Measured]]:
    def measured(record: RunRecord) -> Iterator[Measured]:
        value = compute(record)
        yield Measured(name, value, reason=reason if value is None else None)

    return measured


def _fund_equity(record: RunRecord) -> list[float]:
    return equity([session.fund for session in sessions(record)])


def _gain_bp(record: RunRecord) -> float | None:
    played = sessions(record)
    return fmean((s.fund - s.equal) / BP for s in played) if played else None


def _regret_single_bp(record: RunRecord) -> float | None:
    played = sessions(record)
    if not played:
        return None
    best = max(fmean(s.returns[agent] for s in played) for agent in record.agents)
    return (best - fmean(s.fund for s in played)) / BP


def _regret_hindsight_bp(record: RunRecord) -> float | None:
    played = sessions(record)
    return fmean((max(s.returns.values()) - s.fund) / BP for s in played) if played else None


def _hhi(record: RunRecord) -> float | None:
    played = sessions(record)
    return fmean(sum(w * w for w in s.weights.values()) for s in played) if played else None


def _rank_ic(record: RunRecord) -> float | None:
    values = rank_ics(record)
    return fmean(values) if values else None


def _icir(record: RunRecord) -> float | None:
    values = rank_ics(record)
    spread = stdev(values) if len(values) > 1 else 0.0
    return fmean(values) / spread if spread else None


def _traders(name: str, values: Mapping[str, float | None], reason: str) -> Iterator[Measured]:
    """The value of each trader, and for the run the mean over those that have one."""
    for agent, value in values.items():
        yield Measured(name, value, agent=agent, reason=reason if value is None else None)
    known = [value for value in values.values() if value is not None]
    yield Measured(name, fmean(known) if known else None, reason=None if known else reason)


def _by_trader(
    name: str, compute: Callable[[list[float], float], float | None], reason: str
) -> Callable[..., Iterator[Measured]]:
    """A measure of each trader's own account, over all sessions."""

    def measured(record: RunRecord) -> Iterator[Measured]:
        played, per_year = sessions(record, after_warmup=False), record.params["periods_per_year"]
        values = {
            agent: compute(equity([session.returns[agent] for session in played]), per_year)
            for agent in record.agents
        }
        yield from _traders(name, values, reason)

    return measured


def _mean_weight(record: RunRecord) -> Iterator[Measured]:
    played = sessions(record)
    values = {agent: fmean(s.weights[agent] for s in played) if played else None for agent in record.agents}
    yield from _traders("mean_weight", values, NO_SESSION)


def _payoff(record: RunRecord) -> Iterator[Measured]:
    totals: dict[str, float | None] = {
        agent: sum(e.value or 0.0 for e in record.events if e.kind == "payoff" and e.agent == agent)
        for agent in record.agents
    }
    yield from _traders("payoff", totals, NO_SESSION)


def _spec(
    name: str, about: str, unit: str, compute: Callable[[RunRecord], float | None], reason: str = NO_SESSION
) -> MeasureSpec:
    return MeasureSpec(name, about, unit, _one(name, compute, reason))


MEASURES = (
    _spec(
        "fund_return",
        "cumulative return of the fund, V_T / V_0 - 1",
        "share",
        lambda record: metrics.cumulative_return(_fund_equity(record)),
    ),
    _spec(
        "fund_sharpe",
        "yearly Sharpe ratio of the fund, mean / std (ddof 1) * sqrt(periods per year)",
        "ratio",
        lambda record: metrics.sharpe(_fund_equity(record), record.params["periods_per_year"]),
        metrics.UNDEFINED["sharpe"],
    ),
    _spec(
        "fund_max_drawdown",
        "deepest fall of the fund from a peak, 0 or negative",
        "share",
        lambda record: metrics.max_drawdown(_fund_equity(record)),
    ),
    _spec(
        "gain_bp",
        "mean return of the fund less that of a fund with equal weights",
        "basis points a session",
        _gain_bp,
    ),
    _spec(
        "regret_single_bp",
        "mean return of the trader that was best over all sessions, less the fund's",
        "basis points a session",
        _regret_single_bp,
    ),
    _spec(
        "regret_hindsight_bp",
        "mean over sessions of the best trader's return in each, less the fund's",
        "basis points a session",
        _regret_hindsight_bp,
    ),
    _spec(
        "rank_ic",
        "mean Spearman correlation of predictions with the traders' mean returns of the sessions ahead",
        "-1 to 1",
        _rank_ic,
        NO_RANK,
    ),
    _spec(
        "icir",
        "mean over standard deviation of the rank correlations; sessions overlap, so no t statistic",
        "ratio",
        _icir,
        "fewer than two rank correlations, or all the same",
    ),
    _spec("hhi", "mean sum of squared weights; 1 when one trader has all the capital", "0 to 1", _hhi),
    MeasureSpec(
        "trader_return",
        "cumulative return, net of costs, of a trader's own account over all sessions",
        "share",
        _by_trader(
            "trader_return", lambda curve, _: metrics.cumulative_return(curve), "no session was settled"
        ),
    ),
    MeasureSpec(
        "trader_sharpe",
        "yearly Sharpe ratio of a trader's own account over all sessions",
        "ratio",
        _by_trader("trader_sharpe", metrics.sharpe, metrics.UNDEFINED["sharpe"]),
    ),
    MeasureSpec("mean_weight", "mean weight of a trader in the capital", "share", _mean_weight),
    MeasureSpec("payoff", "sum of what a trader was paid", "basis points", _payoff),
)
