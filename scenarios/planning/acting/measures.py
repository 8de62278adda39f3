"""Measures of acting on tasks, computed from the steps that were taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.core.records import Measured, MeasureSpec, RunRecord
from scenarios.environment import mean

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One agent's work on one task that came to its end, as the payloads of its events.

    Attributes:
        dealt: the task: goals, met, hstar, optimal, budget.
        steps: in order: ok, reason, cost, before, after, revisit, met; `regret` is the event's value.
        end: how it ended: ended (``solved``, ``budget`` or ``loop``), reachable.
    """

    dealt: Payload
    steps: Sequence[Payload]
    end: Payload

    @property
    def solved(self) -> bool:
        """Whether the goal was reached."""
        return bool(self.end["ended"] == "solved")

    @property
    def cost(self) -> int:
        """C: what all steps cost, the rejected ones too."""
        return int(sum(step["cost"] for step in self.steps))


@dataclass(slots=True)
class _Open:
    dealt: Payload
    steps: list[Payload] = field(default_factory=list)


def attempts(record: RunRecord, agent: str) -> Iterator[Attempt]:
    """The tasks that an agent came to the end of, in order; one that a limit cut off is left out."""
    now: _Open | None = None
    for event in record.events:
        if event.agent != agent:
            continue
        if event.kind == "task":
            now = _Open(event.payload)
        elif event.kind == "step" and now:
            now.steps.append({**event.payload, "regret": event.value})
        elif event.kind == "task_end" and now:
            yield Attempt(now.dealt, now.steps, event.payload)
            now = None


Values = Callable[[Attempt], Sequence[float]]


def _measure(name: str, about: str, unit: str, values: Values, reason: str) -> MeasureSpec:
    """The mean of what each attempt gives: for each agent, and for the run pooled."""

    def compute(record: RunRecord) -> Iterator[Measured]:
        pooled: list[float] = []
        for agent in record.agents:
            own = [float(value) for attempt in attempts(record, agent) for value in values(attempt)]
            pooled += own
            yield _stated(name, own, reason, agent)
        yield _stated(name, pooled, reason, None)

    return MeasureSpec(name, about, unit, compute)


def _stated(name: str, values: Sequence[float], reason: str, agent: str | None) -> Measured:
    value = mean(values)
    return Measured(name, value, agent=agent, reason=reason if value is None else None)


def _valid(attempt: Attempt) -> Sequence[float]:
    return [float(attempt.solved and all(step["ok"] for step in attempt.steps))]


def _executable_prefix(attempt: Attempt) -> Sequence[float]:
    steps = attempt.steps
    if not steps:
        return []
    done = next((place for place, step in enumerate(steps) if not step["ok"]), len(steps))
    return [done / len(steps)]


def _progress(attempt: Attempt) -> list[float]:
    """The share of goal conditions that hold, at first and after each step."""
    goals = attempt.dealt["goals"]
    return [met / goals if goals else 1.0 for met in _met(attempt)]


def _met(attempt: Attempt) -> list[int]:
    return [attempt.dealt["met"], *(step["met"] for step in attempt.steps)]


def _distance_progress(attempt: Attempt) -> Sequence[float]:
    first = attempt.dealt["hstar"]
    if not first or not attempt.steps:
        return []
    return [max(-1.0, 1 - attempt.steps[-1]["after"] / first)]


def _optimality_gap(attempt: Attempt) -> Sequence[float]:
    optimal = attempt.dealt["optimal"]
    return [(attempt.cost - optimal) / optimal] if attempt.solved and optimal else []


def _efficiency(attempt: Attempt) -> Sequence[float]:
    optimal = attempt.dealt["optimal"]
    return [attempt.solved * optimal / max(attempt.cost, optimal)] if optimal else []


def _regrets(attempt: Attempt) -> list[float]:
    return [step["regret"] for step in attempt.steps if step["regret"] is not None]


def _regret(attempt: Attempt) -> Sequence[float]:
    known = attempt.dealt["hstar"] is not None
    return [sum(_regrets(attempt))] if known else []


def _answered(attempt: Attempt) -> list[Payload]:
    """The steps that named an action."""
    return [step for step in attempt.steps if step["action"] is not None]


NO_TASK = "no task came to its end"
NO_STEP = "no step was taken in a task that came to its end"
UNKNOWN = "the exact costs of no task that came to its end are known, or none had a step to take"

MEASURES = (
    _measure("success", "share of tasks whose goal was reached", "share", lambda a: [a.solved], NO_TASK),
    _measure(
        "validity",
        "share of tasks whose goal was reached without one step that was rejected or no action",
        "share",
        _valid,
        NO_TASK,
    ),
    _measure(
        "lost_rate",
        "share of tasks that ended in a state from which the goal cannot be reached",
        "share",
        lambda a: [] if a.end["reachable"] is None else [not a.end["reachable"]],
        "no task that came to its end is small enough to know",
    ),
    _measure(
        "executable_prefix",
        "steps before the first that was rejected or no action, as a share of a task's steps",
        "share",
        _executable_prefix,
        NO_STEP,
    ),
    _measure(
        "goal_progress",
        "share of the goal's conditions that hold when a task ends",
        "share",
        lambda a: _progress(a)[-1:],
        NO_TASK,
    ),
    _measure(
        "goal_progress_max",
        "the largest share of the goal's conditions that held at one time",
        "share",
        lambda a: [max(_progress(a))],
        NO_TASK,
    ),
    _measure(
        "distance_progress",
        "1 - h* at the end / h* at first, at least -1: 1 at the goal, below 0 farther away than at first",
        "-1 to 1",
        _distance_progress,
        UNKNOWN,
    ),
    _measure(
        "optimality_gap",
        "(cost - least possible cost) / least possible cost, over solved tasks",
        "share",
        _optimality_gap,
        "no task with a known least cost above 0 was solved",
    ),
    _measure(
        "efficiency",
        "least possible cost / cost of a solved task, 0 for one that was not solved",
        "share",
        _efficiency,
        UNKNOWN,
    ),
    _measure(
        "regret",
        "sum over a task's steps of cost + h* after - h* before: what they lost against the best ones",
        "cost",
        _regret,
        UNKNOWN,
    ),
    _measure(
        "step_regret",
        "cost + h* after - h* before, mean over steps: 0 for a step on a cheapest way",
        "cost",
        _regrets,
        UNKNOWN,
    ),
    _measure(
        "invalid_rate",
        "share of steps without a valid answer",
        "share",
        lambda a: [step["action"] is None for step in a.steps],
        NO_STEP,
    ),
    _measure(
        "rejected_rate",
        "share of named actions that could not be done",
        "share",
        lambda a: [not step["ok"] for step in _answered(a)],
        "no action was named in a task that came to its end",
    ),
    _measure(
        "revisit_rate",
        "share of the actions done that led back to a state of the same task",
        "share",
        lambda a: [step["revisit"] for step in a.steps if step["ok"]],
        "no action was done in a task that came to its end",
    ),
)
