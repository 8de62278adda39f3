from __future__ import annotations

import pytest

from lab.align.question import Budget, Question
from lab.core.errors import LabError
from probes.readers.assessment import Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"variables": ()},
        {"variables": ("a", "a")},
        {"variables": ("a",), "level": "L9"},
        {"variables": ("a",), "measuring": Settings(permutations=0)},
    ],
)
def test_a_question_without_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(LabError):
        Question(study="s", **wrong)  # type: ignore[arg-type]


def test_a_question_goes_as_far_as_it_says() -> None:
    question = Question(study="s", variables=("a", "b"), level="L1")

    assert [question.asks(level) for level in ("L0", "L1", "L2")] == [True, True, False]
    assert question.of("b").variables == ("b",)


def test_a_budget_runs_out() -> None:
    times = iter([0.0, 1.0, 3.0])
    budget = Budget(2.0, clock=lambda: next(times))

    assert [budget.left(), budget.left()] == [True, False]
    assert Budget(None).left()
