"""Measures of keydoor, computed from the routes that were walked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab.core.records import MeasureSpec, RunRecord
from scenarios.environment import mean, run_measure

Route = Mapping[str, Any]
"""A route as its event holds it: keys, door, goal, start, visited, has_key, done, shortest."""


def routes(record: RunRecord) -> Iterator[Route]:
    """The routes that came to an end, in order."""
    return (event.payload for event in record.events if event.kind == "route")


def _over_routes(name: str, about: str, value: Callable[[Route], float]) -> MeasureSpec:
    def compute(record: RunRecord) -> float | None:
        return mean([value(route) for route in routes(record)])

    return MeasureSpec(name, about, "share", run_measure(name, compute, "no route came to an end"))


def _excess(route: Route) -> int:
    """Moves beyond a shortest route; a rejected one counts, as it repeats a cell."""
    moves: int = len(route["visited"]) - 1
    return moves - int(route["shortest"])


def _mean_excess(record: RunRecord) -> float | None:
    return mean([float(_excess(route)) for route in routes(record) if route["done"]])


def _legal(record: RunRecord) -> float | None:
    valid = [decision.seq for decision in record.decisions if decision.valid]
    rejected = {event.decision for event in record.events if event.kind == "rejected"}
    return mean([float(seq not in rejected) for seq in valid])


MEASURES = (
    _over_routes(
        "optimal",
        "share of routes that reached the goal with the key in the fewest moves",
        lambda route: float(route["done"] and _excess(route) == 0),
    ),
    _over_routes(
        "completed",
        "share of routes that reached the goal with the key",
        lambda route: float(route["done"]),
    ),
    _over_routes(
        "key_visited",
        "share of routes on which the key of the door's color was picked up",
        lambda route: float(route["has_key"]),
    ),
    MeasureSpec(
        "legal",
        "share of valid answers that named a cell to which a passage leads",
        "share",
        run_measure("legal", _legal, "no answer was valid"),
    ),
    MeasureSpec(
        "excess_moves",
        "mean moves beyond a shortest route, over completed routes",
        "moves",
        run_measure("excess_moves", _mean_excess, "no route was completed"),
    ),
)
