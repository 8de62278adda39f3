from __future__ import annotations

from typing import Any

import pytest

from lab.core.records import Event, RunRecord
from scenarios.planning.acting.measures import MEASURES

SPECS = {spec.name: spec for spec in MEASURES}


class Story:
    """Events of attempts, written one after the other."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def _add(self, kind: str, agent: str, payload: dict[str, Any], value: float | None = None) -> None:
        seq = len(self.events)
        self.events.append(Event(seq, seq, kind, agent, None, None, value, payload))

    def task(self, agent: str = "ann", **dealt: Any) -> Story:
        self._add("task", agent, {"goals": 4, "met": 1, "hstar": 4, "optimal": 4} | dealt)
        return self

    def step(self, agent: str = "ann", *, after: int | None, regret: float | None = 0, **facts: Any) -> Story:
        told = {"action": "x()", "ok": True, "cost": 1, "after": after, "revisit": False, "met": 2}
        self._add("step", agent, told | facts, regret)
        return self

    def end(self, ended: str, agent: str = "ann", *, reachable: bool | None = True) -> Story:
        self._add("task_end", agent, {"ended": ended, "reachable": reachable})
        return self

    def value(self, name: str, agent: str | None = None) -> float | None:
        record = RunRecord(("ann", "bob"), {}, events=self.events)
        (one,) = [one for one in SPECS[name].compute(record) if one.agent == agent]
        assert (one.value is None) == bool(one.reason)
        value: float | None = one.value
        return value


def _solved() -> Story:
    """Cost 6 where 4 do: one step rejected, one taken back."""
    return (
        Story()
        .task()
        .step(after=3)
        .step(after=3, regret=1, ok=False)
        .step(after=2, revisit=True, met=3)
        .step(after=2, regret=1, action=None, ok=False)
        .step(after=1, met=2)
        .step(after=0, met=4)
        .end("solved")
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("success", 1),
        ("validity", 0),
        ("lost_rate", 0),
        ("executable_prefix", 1 / 6),
        ("goal_progress", 1),
        ("goal_progress_max", 1),
        ("distance_progress", 1),
        ("optimality_gap", 2 / 4),
        ("efficiency", 4 / 6),
        ("regret", 2),
        ("step_regret", 2 / 6),
        ("invalid_rate", 1 / 6),
        ("rejected_rate", 1 / 5),
        ("revisit_rate", 1 / 4),
    ],
)
def test_an_attempt_is_measured_as_defined(name: str, value: float) -> None:
    assert _solved().value(name) == pytest.approx(value)
    assert _solved().value(name, "ann") == pytest.approx(value)
    assert _solved().value(name, "bob") is None


def test_every_measure_is_checked_here() -> None:
    assert len(SPECS) == len(MEASURES) == 14


def test_a_task_that_failed_shows_how_far_it_got() -> None:
    story = Story().task().step(after=2, met=3).step(after=12, regret=11, met=1)
    story.end("budget", reachable=False)
    assert story.value("success") == 0
    assert story.value("lost_rate") == 1
    assert (story.value("goal_progress"), story.value("goal_progress_max")) == (1 / 4, 3 / 4)
    assert story.value("distance_progress") == -1
    assert story.value("efficiency") == 0
    assert story.value("optimality_gap") is None


def test_a_goal_that_was_true_at_first_is_solved_in_no_step() -> None:
    story = Story().task(goals=0, met=0, hstar=0, optimal=0).end("solved")
    assert story.value("success") == story.value("validity") == story.value("goal_progress") == 1
    assert story.value("regret") == 0
    for name in ("efficiency", "distance_progress", "optimality_gap", "step_regret", "rejected_rate"):
        assert story.value(name) is None


def test_what_the_solver_does_not_know_is_undefined_and_not_zero() -> None:
    story = Story().task(hstar=None, optimal=None).step(after=None, regret=None).end("solved", reachable=None)
    for name in ("regret", "step_regret", "lost_rate", "distance_progress", "efficiency", "optimality_gap"):
        assert story.value(name) is None
    assert story.value("success") == 1


def test_a_task_that_a_limit_cut_off_counts_nowhere() -> None:
    story = _solved().task().step(after=3, ok=False)
    assert story.value("success") == 1
    assert story.value("invalid_rate") == 1 / 6


def test_agents_are_pooled_by_attempt_for_rates_of_tasks() -> None:
    story = _solved().task("bob").step("bob", after=4, regret=1, ok=False).end("budget", "bob")
    assert (story.value("success"), story.value("success", "bob")) == (1 / 2, 0)
    assert story.value("regret") == 3 / 2
