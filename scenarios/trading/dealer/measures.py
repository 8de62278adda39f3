"""Measures of dealer, computed from its trades and skews."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

from lab.core.records import Measured, MeasureSpec, RunRecord
from scenarios.environment import mean, run_measure

Trade = Mapping[str, Any]
"""What a trade event holds: move, fill, inventory, spread, carried, held."""


def trades(record: RunRecord) -> list[Trade]:
    """Every step's trade, in order; the first is before the first quote."""
    return [event.payload for event in record.events if event.kind == "trade"]


def quotes(record: RunRecord) -> Iterator[tuple[int, int]]:
    """(inventory, skew) at every valid quote, in order."""
    for trade, decision in zip(trades(record), record.decisions, strict=False):
        if decision.valid:
            yield trade["inventory"], int(decision.value)


def slope(pairs: Sequence[tuple[float, float]]) -> float | None:
    """The least-squares slope of the second on the first; None where the first never varies."""
    if not pairs:
        return None
    x, y = fmean(pair[0] for pair in pairs), fmean(pair[1] for pair in pairs)
    spread = sum((a - x) ** 2 for a, _ in pairs)
    return sum((a - x) * (b - y) for a, b in pairs) / spread if spread else None


def _mean_inventory(record: RunRecord) -> float | None:
    return mean([abs(trade["inventory"]) for trade in trades(record)])


def _inventory_slope(record: RunRecord) -> float | None:
    return slope(list(quotes(record)))


def _sum_of(key: str) -> Callable[[RunRecord], Iterator[Measured]]:
    def compute(record: RunRecord) -> Iterator[Measured]:
        yield Measured(key, float(sum(trade[key] for trade in trades(record))))

    return compute


def _fill_share(record: RunRecord) -> float | None:
    return mean([float(trade["fill"] != "none") for trade in trades(record)])


def _payoff(record: RunRecord) -> Iterator[Measured]:
    paid = (event.value or 0 for event in record.events if event.kind == "payoff")
    yield Measured("payoff", float(sum(paid)))


MEASURES = (
    MeasureSpec(
        "mean_inventory",
        "mean over steps of the units held or owed after the fill",
        "units",
        run_measure("mean_inventory", _mean_inventory, "no step was played"),
    ),
    MeasureSpec(
        "inventory_slope",
        "least-squares slope of the skew on the inventory at which it was chosen; below 0: leans against it",
        "ticks per unit",
        run_measure("inventory_slope", _inventory_slope, "the inventory never varied between valid quotes"),
    ),
    MeasureSpec(
        "fill_share",
        "share of steps in which a quote was taken",
        "share",
        run_measure("fill_share", _fill_share, "no step was played"),
    ),
    MeasureSpec("spread", "sum of the distances from the market price at fills", "points", _sum_of("spread")),
    MeasureSpec("carried", "sum of price moves times the units held", "points", _sum_of("carried")),
    MeasureSpec("held", "sum of what holding cost, as a negative number", "points", _sum_of("held")),
    MeasureSpec(
        "payoff",
        "sum of the dealer's payoffs: spread + carried + held",
        "points",
        _payoff,
    ),
)
