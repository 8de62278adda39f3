from __future__ import annotations

from typing import Any

from lab.core.records import Event, Measured, RunRecord
from scenarios.planning.keydoor.measures import MEASURES


def _measured(*routes: dict[str, Any]) -> dict[str, Measured]:
    events = [Event(n, n, "route", "ann", None, n, None, route) for n, route in enumerate(routes)]
    return {
        one.name: one for spec in MEASURES for one in spec.compute(RunRecord(("ann",), {}, events=events))
    }


def _route(moves: int, shortest: int, *, has_key: bool = True, done: bool = True) -> dict[str, Any]:
    return {"visited": ["a1"] * (moves + 1), "shortest": shortest, "has_key": has_key, "done": done}


def test_an_optimal_route_is_done_in_the_fewest_moves() -> None:
    found = _measured(
        _route(5, 5), _route(8, 5), _route(14, 5, done=False), _route(5, 5, has_key=False, done=False)
    )
    values = {name: one.value for name, one in found.items()}
    assert values == {
        "optimal": 0.25,
        "completed": 0.5,
        "key_visited": 0.75,
        "legal": None,
        "excess_moves": 1.5,
    }


def test_what_nothing_tells_is_undefined_with_a_reason() -> None:
    assert all(one.value is None and one.reason for one in _measured().values())
    assert _measured(_route(3, 3, done=False))["excess_moves"].reason == "no route was completed"
