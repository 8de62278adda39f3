"""Measures of path, computed from how the tasks ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab.core.records import Measured, MeasureSpec, RunRecord
from scenarios.environment import mean, run_measure
from scenarios.planning.path.graph import DEEPEST

Task = Mapping[str, Any]
"""A task as its event holds it: source, target, walked, outcome, degree, shortest."""


def tasks(record: RunRecord) -> Iterator[Task]:
    """The tasks that came to an end, in order."""
    return (event.payload["task"] for event in record.events if event.kind == "task")


def _mean_over(
    name: str,
    about: str,
    *,
    value: Callable[[Task], float],
    of: Callable[[Task], bool] = lambda task: True,
    reason: str = "no task came to an end",
    unit: str = "share",
) -> MeasureSpec:
    """The mean of a value over the tasks `of` some kind."""

    def compute(record: RunRecord) -> float | None:
        return mean([value(task) for task in tasks(record) if of(task)])

    return MeasureSpec(name, about, unit, run_measure(name, compute, reason))


def _ends(outcome: str) -> Callable[[Task], float]:
    return lambda task: float(task["outcome"] == outcome)


def _is_solved(task: Task) -> bool:
    return bool(task["outcome"] == "solved")


def _excess(task: Task) -> float:
    return float(len(task["walked"]) - 1 - task["shortest"])


def _is_of(degree: int) -> Callable[[Task], bool]:
    return lambda task: bool(task["degree"] == degree)


def _by_degree(degree: int) -> MeasureSpec:
    beyond = " or more" if degree == DEEPEST else ""
    return _mean_over(
        f"success_degree_{degree}",
        f"share of tasks of degree {degree}{beyond} that ended at the target",
        value=_ends("solved"),
        of=_is_of(degree),
        reason=f"no task of degree {degree}{beyond} came to an end",
    )


def _transitivity_gap(record: RunRecord) -> Iterator[Measured]:
    """How much worse pairs are joined that no training path tells of."""
    near, far = (
        mean([float(_is_solved(task)) for task in tasks(record) if (task["degree"] <= 1) is told])
        for told in (True, False)
    )
    if near is None or far is None:
        yield Measured("transitivity_gap", None, reason="no task of degree 1 or less, or none above")
    else:
        yield Measured("transitivity_gap", near - far)


MEASURES = (
    _mean_over("success", "share of tasks that ended at the target", value=_ends("solved")),
    _mean_over(
        "missing_edge_rate",
        "share of tasks that ended by naming a node to which no edge leads",
        value=_ends("missing_edge"),
    ),
    _mean_over(
        "dead_end_rate",
        "share of tasks that ended where the target could not be reached any more",
        value=_ends("dead_end"),
    ),
    *(_by_degree(degree) for degree in range(DEEPEST + 1)),
    MeasureSpec(
        "transitivity_gap",
        "success over tasks of degree 0 and 1 less success over tasks of degree 2 and more",
        "difference of shares",
        _transitivity_gap,
    ),
    _mean_over(
        "excess_steps",
        "mean steps beyond a shortest path, over solved tasks",
        value=_excess,
        of=_is_solved,
        reason="no task was solved",
        unit="steps",
    ),
)
