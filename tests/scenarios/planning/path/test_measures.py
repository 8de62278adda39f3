from __future__ import annotations

from typing import Any

from lab.core.records import Event, Measured, RunRecord
from scenarios.planning.path.measures import MEASURES


def _measured(*tasks: dict[str, Any]) -> dict[str, Measured]:
    events = [Event(n, n, "task", "ann", None, n, None, {"task": task}) for n, task in enumerate(tasks)]
    record = RunRecord(("ann",), {}, events=events)
    return {one.name: one for spec in MEASURES for one in spec.compute(record)}


def _task(outcome: str, degree: int, *, steps: int = 2, shortest: int = 2) -> dict[str, Any]:
    walked = [str(node) for node in range(steps + 1)]
    return {"outcome": outcome, "degree": degree, "walked": walked, "shortest": shortest}


def test_shares_are_of_all_tasks_and_by_degree() -> None:
    found = _measured(
        _task("solved", 0),
        _task("solved", 1, steps=5),
        _task("missing_edge", 1),
        _task("dead_end", 3),
    )
    values = {name: one.value for name, one in found.items()}
    assert values == {
        "success": 0.5,
        "missing_edge_rate": 0.25,
        "dead_end_rate": 0.25,
        "success_degree_0": 1.0,
        "success_degree_1": 0.5,
        "success_degree_2": None,
        "success_degree_3": 0.0,
        "transitivity_gap": 2 / 3,
        "excess_steps": 1.5,
    }
    assert found["success_degree_2"].reason == "no task of degree 2 came to an end"


def test_what_no_task_tells_is_undefined_with_a_reason() -> None:
    assert all(one.value is None and one.reason for one in _measured().values())
    assert _measured(_task("dead_end", 0))["excess_steps"].reason == "no task was solved"
