"""The error tree and its messages."""

from __future__ import annotations

import inspect
import re

import pytest

from lab.core import errors
from lab.core.errors import (
    LabError,
    ModelUnavailable,
    Problem,
    ReplayDiverged,
    ScenarioError,
    UnknownName,
    nearest,
    suggestion,
)


def drawn_tree() -> dict[str, str | None]:
    """Class to parent as the module's docstring draws them."""
    stack: list[tuple[int, str]] = []
    parents: dict[str, str | None] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([│├└─ ]*)([A-Z]\w+)  ", line)
        if found:
            depth, name = len(found[1]), found[2]
            stack = [entry for entry in stack if entry[0] < depth]
            parents[name] = stack[-1][1] if stack else None
            stack.append((depth, name))
    return parents


def test_the_drawn_tree_is_the_real_one() -> None:
    real = {
        name: found.__mro__[1].__name__
        for name, found in vars(errors).items()
        if inspect.isclass(found) and issubclass(found, LabError) and found is not LabError
    }
    assert drawn_tree() == {"LabError": None, **real}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("LabError", 1),
        ("UsageError", 2),
        ("UnknownName", 2),
        ("ScenarioError", 2),
        ("MissingDependency", 2),
        ("StoreError", 2),
        ("ChainError", 1),
        ("RuleError", 1),
        ("RunFailed", 1),
        ("ModelUnavailable", 1),
        ("ReplayDiverged", 1),
    ],
)
def test_a_users_mistake_ends_with_two_and_a_failure_with_one(name: str, code: int) -> None:
    assert getattr(errors, name).exit_code == code


@pytest.mark.parametrize(("text", "kind"), [("overflow: 9 > 8 tokens: cut", "overflow"), ("gone", "gone")])
def test_a_model_that_is_unavailable_is_so_for_a_kind_of_reason(text: str, kind: str) -> None:
    assert ModelUnavailable(text).kind == kind


def test_an_unknown_name_says_the_nearest_and_all_known_ones() -> None:
    error = UnknownName("policy", "free_ridr", ["free_rider", "alternator"])
    assert (
        str(error) == "unknown policy 'free_ridr'; did you mean 'free_rider'? (known: alternator, free_rider)"
    )
    assert (error.kind, error.name, error.allowed) == ("policy", "free_ridr", ("alternator", "free_rider"))


def test_an_unknown_name_of_an_empty_table_says_so() -> None:
    assert str(UnknownName("probe", "x", [])) == "unknown probe 'x' (known: there is none)"


def test_nothing_is_suggested_when_nothing_is_close() -> None:
    assert nearest("zzz", ["free_rider"]) is None
    assert suggestion("zzz", ["free_rider"]) == ""


def test_problems_come_in_file_order_and_once() -> None:
    late = Problem("x.yaml", 12, 5, "agents[1].name", "is taken")
    early = Problem("x.yaml", 2, 1, "", "no such key")
    error = ScenarioError([late, early, late])
    assert error.problems == (early, late)
    assert str(error) == "x.yaml:2:1: no such key\nx.yaml:12:5: agents[1].name: is taken"


def test_a_problem_without_lines_names_its_place_alone() -> None:
    assert str(Problem("--set a=1", 0, 0, "params.a", "unknown")) == "--set a=1: params.a: unknown"


def test_a_divergence_names_the_decision_and_the_call_and_shows_both() -> None:
    error = ReplayDiverged(7, call="act", recorded="old", found="new")
    assert str(error) == "replay diverged at decision 7, call act\n  recorded: old\n  now:      new"
    assert str(ReplayDiverged(3, recorded="x", found="y", what="event")).startswith(
        "replay diverged at event 3\n"
    )
