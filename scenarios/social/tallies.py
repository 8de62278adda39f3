"""What the measures of social games share: means by agent and by run, payoff totals, inequality."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from lab.core.records import Measured, MeasureSpec, RunRecord
from scenarios.environment import mean

Compute = Callable[[RunRecord], Iterator[Measured]]
PerAgentValues = Callable[[RunRecord, str], Iterable[float]]


def stated(name: str, value: float | None, reason: str, *, agent: str | None = None) -> Measured:
    """The measured value, with the reason kept only where there is none."""
    return Measured(name, value, agent=agent, reason=reason if value is None else None)


def tally(name: str, values: PerAgentValues, reason: str, *, share_of: str | None = None) -> Compute:
    """A compute function: the mean of `values` for each agent, and for the run the mean of all pooled.

    An agent or run without a value is undefined for `reason`. Where each value is a share from 0 to 1 of what
    is decided in the phase `share_of`, the run's worst-case bounds are measured too.
    """

    def measured(record: RunRecord) -> Iterator[Measured]:
        pooled: list[float] = []
        for agent in record.agents:
            own = [float(value) for value in values(record, agent)]
            pooled += own
            yield stated(name, mean(own), reason, agent=agent)
        yield stated(name, mean(pooled), reason)
        if share_of is not None:
            yield from worst_case(name, pooled, record, share_of)

    return measured


def worst_case(name: str, shares: Sequence[float], record: RunRecord, phase: str) -> Iterator[Measured]:
    """What the mean of `shares` would be had every invalid reply of `phase` been a 0, and a 1.

    [k / (n + u), (k + u) / (n + u)] for n shares that sum to k and u invalid replies. Measured as NAME.low
    and NAME.high, and only of a run with invalid replies.
    """
    if all(decision.valid for decision in record.decisions):
        return
    unknown = sum(decision.phase == phase and not decision.valid for decision in record.decisions)
    n, k = len(shares) + unknown, sum(shares)
    reason = "nothing was decided"
    yield stated(f"{name}.low", k / n if n else None, reason)
    yield stated(f"{name}.high", (k + unknown) / n if n else None, reason)


def contrast(name: str, plus: PerAgentValues, minus: PerAgentValues, reason: str) -> Compute:
    """A compute function: mean of `plus` less mean of `minus`, by agent and, pooled, by run."""

    def measured(record: RunRecord) -> Iterator[Measured]:
        pooled: tuple[list[float], list[float]] = ([], [])
        for agent in record.agents:
            sides = (list(plus(record, agent)), list(minus(record, agent)))
            for pool, side in zip(pooled, sides, strict=True):
                pool.extend(side)
            yield stated(name, difference(*sides), reason, agent=agent)
        yield stated(name, difference(*pooled), reason)

    return measured


def difference(plus: Sequence[float], minus: Sequence[float]) -> float | None:
    """Mean of `plus` less mean of `minus`; None when either is empty."""
    high, low = mean(plus), mean(minus)
    return None if high is None or low is None else high - low


def payoffs(record: RunRecord) -> dict[str, float]:
    """Each agent's sum of payoffs over the run; 0 for one that was never paid."""
    totals = dict.fromkeys(record.agents, 0.0)
    for event in record.events:
        if event.kind == "payoff" and event.agent is not None and event.value is not None:
            totals[event.agent] += event.value
    return totals


def gini(values: Sequence[float]) -> float | None:
    """The Gini coefficient: 0 for equal shares, towards 1 when one holds all.

    Half the mean absolute difference over the mean (Gini 1912). None when a value is negative or the sum
    is not positive: the coefficient has no meaning there.
    """
    total = sum(values)
    if total <= 0 or min(values) < 0:
        return None
    ranked = sorted(values)
    n = len(ranked)
    return sum((2 * rank - n - 1) * value for rank, value in enumerate(ranked, 1)) / (n * total)


def _gini_measured(record: RunRecord) -> Iterator[Measured]:
    reason = "a payoff total is negative or all are zero"
    yield stated("gini", gini(list(payoffs(record).values())), reason)


def _payoff_measured(record: RunRecord) -> Iterator[Measured]:
    totals = payoffs(record)
    for agent, total in totals.items():
        yield Measured("payoff", total, agent=agent)
    yield Measured("payoff", sum(totals.values()) / len(totals))


GINI = MeasureSpec(
    "gini",
    "Gini coefficient of the agents' payoff totals: 0 when all earn the same",
    "0 to 1",
    _gini_measured,
)
PAYOFF = MeasureSpec(
    "payoff", "sum of an agent's payoffs; for the run, the mean over agents", "points", _payoff_measured
)
