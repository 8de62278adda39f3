"""Measures of the limit order book: what traders made of their money and the market of the price."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab.core.records import Event, Measured, MeasureSpec, RunRecord
from scenarios.environment import mean, run_measure
from scenarios.trading import behavior, metrics
from scenarios.trading.behavior import Cell, Disposition

PerAgent = Callable[[RunRecord, str], float | None]
AS_THEY_ARE = 1
"""Periods per year that leave a ratio per bar: simulated ticks have no year."""


def bars(record: RunRecord) -> list[Event]:
    """The records of prices and equity, in order."""
    return [event for event in record.events if event.kind == "bar"]


def equity(record: RunRecord, agent: str) -> list[float]:
    """An agent's equity in cents at each bar."""
    return [bar.payload["equity"][agent] for bar in bars(record)]


def flows(record: RunRecord) -> dict[str, list[float]]:
    """Each agent's shares bought less shares sold in each bar."""
    return {agent: [bar.payload["flow"][agent] for bar in bars(record)[1:]] for agent in record.agents}


def traded_cents(record: RunRecord, agent: str) -> list[float]:
    """The value of each of an agent's fills in cents."""
    tick_cents = record.params["tick_cents"]
    return [
        event.payload["qty"] * event.payload["price"] * tick_cents
        for event in record.events
        if event.kind == "fill" and event.agent == agent
    ]


def chances(record: RunRecord, agent: str) -> Disposition:
    """Turns at which the agent held shares above or below average cost, by whether its order sold any."""
    valid = {decision.seq for decision in record.decisions if decision.valid}
    sold = {
        event.decision for event in record.events if event.kind == "fill" and event.payload["side"] == "sell"
    }
    total = Disposition()
    for turn in record.events:
        if turn.kind == "turn" and turn.agent == agent and turn.decision in valid:
            total += _chance(turn.payload, has_sold=turn.decision in sold)
    return total


def _chance(turn: Mapping[str, Any], *, has_sold: bool) -> Disposition:
    if not turn["shares"] or turn["price"] is None or turn["price"] == turn["cost"]:
        return Disposition()
    if turn["price"] > turn["cost"]:
        return Disposition(realized_gains=1) if has_sold else Disposition(paper_gains=1)
    return Disposition(realized_losses=1) if has_sold else Disposition(paper_losses=1)


def _by_agent(
    name: str, about: str, unit: str, *, of: PerAgent, reason: str, reference: tuple[Any, ...] = ()
) -> MeasureSpec:
    """A measure of each agent; for the run, the mean over those for whom it is defined."""

    def compute(record: RunRecord) -> Iterator[Measured]:
        values = {agent: of(record, agent) for agent in record.agents}
        for agent, value in values.items():
            yield Measured(name, value, agent, reason if value is None else None)
        overall = mean([value for value in values.values() if value is not None])
        yield Measured(name, overall, reason=None if overall is not None else f"for every agent: {reason}")

    return MeasureSpec(name, f"{about}; for the run, the mean over agents", unit, compute, reference)


def _disposition(
    name: str, about: str, *, of: Callable[[Disposition], float | None], reason: str
) -> MeasureSpec:
    """A measure of the counts of each agent; for the run, of all counts together."""

    def compute(record: RunRecord) -> Iterator[Measured]:
        pooled = Disposition()
        for agent in record.agents:
            counts = chances(record, agent)
            pooled += counts
            value = of(counts)
            yield Measured(name, value, agent, reason if value is None else None)
        value = of(pooled)
        yield Measured(name, value, reason=reason if value is None else None)

    return MeasureSpec(name, f"{about}; for the run, all agents' counts together", "share", compute, (ODEAN,))


ODEAN = replace(
    behavior.DISPOSITION_HUMANS,
    caveat="many stocks, counted on days with a sale; here one share, counted at every turn of a holder",
)


def _refused(record: RunRecord, agent: str) -> float | None:
    sent = [event for event in record.events if event.kind == "order" and event.agent == agent]
    return mean([float(event.payload["order"] is None) for event in sent])


def _rad(record: RunRecord) -> float | None:
    """Mean |P - F| over the mean of F, at the bars with a mid (Stoeckl, Huber and Kirchler 2010, eq. 1)."""
    priced = [bar.payload for bar in bars(record) if bar.payload["mid"] is not None]
    value = mean([bar["fundamental"] for bar in priced])
    distance = mean([abs(bar["mid"] - bar["fundamental"]) for bar in priced])
    return None if value is None or distance is None else distance / value


def _spread(record: RunRecord) -> float | None:
    both = [bar.payload for bar in bars(record) if bar.payload["mid"] is not None]
    return mean([bar["ask"] - bar["bid"] for bar in both])


def _correlation(record: RunRecord) -> float | None:
    return behavior.pairwise_flow_correlation(flows(record))


def _lsv(record: RunRecord) -> float | None:
    cells = [_cell(period, net) for period, net in enumerate(zip(*flows(record).values(), strict=True))]
    return behavior.lsv(cells, pool="all")


def _cell(period: int, net: Sequence[float]) -> Cell:
    return Cell(period, "share", sum(flow > 0 for flow in net), sum(flow < 0 for flow in net))


NO_TWO_SIDES = "no bar ended with both a bid and an ask"
NO_GAIN = "no turn with shares above average cost"
NO_LOSS = "no turn with shares below average cost"

MEASURES = (
    _by_agent(
        "cumulative_return",
        "CR: equity at the end over equity at the start, less 1",
        "share",
        of=lambda record, agent: metrics.cumulative_return(equity(record, agent)),
        reason=metrics.UNDEFINED["cumulative_return"],
    ),
    _by_agent(
        "sharpe",
        "mean over standard deviation of returns from bar to bar, not annualized",
        "per bar",
        of=lambda record, agent: metrics.sharpe(equity(record, agent), AS_THEY_ARE),
        reason=metrics.UNDEFINED["sharpe"],
    ),
    _by_agent(
        "sortino",
        "mean over downside deviation (over all bars) of returns from bar to bar, not annualized",
        "per bar",
        of=lambda record, agent: metrics.sortino(equity(record, agent), AS_THEY_ARE),
        reason=metrics.UNDEFINED["sortino"],
    ),
    _by_agent(
        "max_drawdown",
        "MDD: the deepest fall of equity below an earlier peak, 0 or negative",
        "share",
        of=lambda record, agent: metrics.max_drawdown(equity(record, agent)),
        reason=metrics.UNDEFINED["max_drawdown"],
    ),
    _by_agent(
        "turnover",
        "half the value bought and sold over mean equity",
        "times",
        of=lambda record, agent: metrics.turnover(traded_cents(record, agent), equity(record, agent)),
        reason=metrics.UNDEFINED["turnover"],
    ),
    _by_agent(
        "refused_share",
        "share of an agent's orders and cancellations that the exchange refused",
        "share",
        of=_refused,
        reason="nothing was sent",
    ),
    _disposition(
        "pgr",
        "share of turns with shares above average cost at which some were sold",
        of=lambda counts: counts.pgr,
        reason=NO_GAIN,
    ),
    _disposition(
        "plr",
        "share of turns with shares below average cost at which some were sold",
        of=lambda counts: counts.plr,
        reason=NO_LOSS,
    ),
    _disposition(
        "disposition_effect",
        "PGR less PLR: above 0 when winners are sold sooner than losers",
        of=lambda counts: counts.effect,
        reason=f"{NO_GAIN}, or {NO_LOSS}",
    ),
    MeasureSpec(
        "rad",
        "relative absolute deviation: mean distance of mid and fundamental over the mean fundamental",
        "share",
        run_measure("rad", _rad, NO_TWO_SIDES),
    ),
    MeasureSpec("spread", "mean ask less bid", "price ticks", run_measure("spread", _spread, NO_TWO_SIDES)),
    MeasureSpec(
        "flow_correlation",
        "mean correlation of net shares bought per bar over pairs of agents",
        "-1 to 1",
        run_measure("flow_correlation", _correlation, "fewer than two agents whose trading varied"),
    ),
    MeasureSpec(
        "herding",
        "H of Lakonishok, Shleifer and Vishny over bars with 5 or more agents trading; 0 is chance",
        "share",
        run_measure("herding", _lsv, f"no bar in which {behavior.MIN_TRADERS} or more agents traded"),
    ),
)
