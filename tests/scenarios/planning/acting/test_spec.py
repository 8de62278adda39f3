from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from scenarios.planning.acting.spec import ActingParams, Budget


@pytest.mark.parametrize(
    ("budget", "shortest", "steps"),
    [({"steps": 7}, 4, 7), ({"steps": 7}, None, 7), ({"factor": 3}, 4, 12), ({"factor": 1.5}, 3, 5)],
)
def test_a_budget_is_a_number_of_steps_or_a_multiple_of_the_shortest_plan(
    budget: dict[str, Any], shortest: int | None, steps: int
) -> None:
    assert Budget.model_validate(budget).of(shortest) == steps


@pytest.mark.parametrize(
    "budget",
    [{}, {"steps": 3, "factor": 2}, {"steps": -1}, {"steps": 0}, {"factor": float("nan")}, {"factor": 0.5}],
)
def test_a_budget_that_is_none_is_refused(budget: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Budget.model_validate(budget)


def test_an_oracle_must_be_allowed() -> None:
    ((path, message),) = ActingParams(feedback="oracle").problems()
    assert path == "feedback"
    assert "allow_oracle: true" in message
    assert list(ActingParams(feedback="oracle", allow_oracle=True).problems()) == []
    assert list(ActingParams().problems()) == []
