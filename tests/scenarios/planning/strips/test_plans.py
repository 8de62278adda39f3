from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.planning.strips.plans import parse_action, parse_plan
from scenarios.planning.strips.schemas import Action

names = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)


@given(names, st.lists(names, max_size=4))
def test_both_forms_are_read_back(name: str, args: list[str]) -> None:
    action = Action(name, tuple(args))
    assert parse_action(str(action)) == action
    assert parse_action(action.pddl) == action


@pytest.mark.parametrize("line", ["STACK(A, B)", "  stack ( a ,b )", "(Stack a  b)", "stack(a,b)\n"])
def test_case_and_spaces_do_not_matter(line: str) -> None:
    assert parse_action(line) == Action("stack", ("a", "b"))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "stack",
        "stack a b",
        "stack(a b)",
        "stack(a,)",
        "stack(a, b",
        "(stack a, b)",
        "(stack a b) (stack a b)",
        "then stack(a, b)",
        "stack(а, b)",  # noqa: RUF001 - the first argument is Cyrillic
        "{0.__class__}(a)",
        "stack(" + "a" * 100_000 + ")",
        "()",
    ],
)
def test_what_is_not_one_whole_action_is_none(line: str) -> None:
    assert parse_action(line) is None


def test_a_plan_keeps_a_place_for_each_line_that_is_no_action() -> None:
    text = "; a plan\n0: (pick-up a)\n\n0.003: stack(a, b) ; on top\nhello\n"
    assert parse_plan(text) == (Action("pick-up", ("a",)), Action("stack", ("a", "b")), None)
    assert parse_plan("") == ()
