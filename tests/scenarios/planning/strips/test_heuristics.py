from __future__ import annotations

from math import inf

import pytest

from scenarios.planning.strips.blocks import blocks_task
from scenarios.planning.strips.distances import hstar_table
from scenarios.planning.strips.heuristics import ADMISSIBLE, HeuristicName, heuristic
from scenarios.planning.strips.model import Task
from scenarios.planning.strips.pddl import parse_task
from tests.scenarios.planning.strips.worlds import blocks, delivery

NAMES: tuple[HeuristicName, ...] = ("blind", "goal_count", "hmax", "hadd")


@pytest.mark.parametrize("name", ADMISSIBLE)
@pytest.mark.parametrize("task", [blocks(0, 3), blocks(1, 3), delivery(0), delivery(1)])
def test_an_admissible_estimate_never_says_too_much(task: Task, name: HeuristicName) -> None:
    exact, estimate = hstar_table(task), heuristic(task, name)
    assert exact is not None
    assert all(
        estimate(state) <= exact.hstar(state) for state in exact.space.states if exact.reachable(state)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_estimate_is_nothing_at_the_goal(name: HeuristicName) -> None:
    task = blocks(2)
    exact = hstar_table(task)
    assert exact is not None
    assert {heuristic(task, name)(state) for state in exact.space.states if task.solved(state)} == {0}


def test_the_relaxed_costs_of_a_tower_are_those_worked_out_by_hand() -> None:
    task = blocks_task((("a",), ("b",), ("c",)), (("a", "b", "c"),))
    # on(b, a) and on(c, b) cost pick-up and stack each; ontable(a) holds
    assert heuristic(task, "goal_count")(task.init) == 2
    assert heuristic(task, "hmax")(task.init) == 2
    assert heuristic(task, "hadd")(task.init) == 4


def test_a_goal_out_of_reach_even_without_deletes_is_infinitely_far() -> None:
    task = parse_task(
        "(define (domain d) (:predicates (p) (q) (r)) (:action x :precondition (not (p)) :effect (q))"
        "(:action y :precondition (q) :effect (not (p))))",
        "(define (problem p) (:domain d) (:init (p)) (:goal (q)))",
    )
    assert heuristic(task, "hmax")(task.init) == heuristic(task, "hadd")(task.init) == inf
    assert heuristic(task, "hmax")(frozenset()) == 1
    assert heuristic(task, "hmax")(frozenset({("q",), ("p",)})) == 0


def test_that_something_is_false_is_reached_by_deleting_it() -> None:
    task = parse_task(
        "(define (domain d) (:predicates (p) (q)) (:action x :precondition (q) :effect (not (p)))"
        "(:action y :effect (q)))",
        "(define (problem p) (:domain d) (:init (p)) (:goal (not (p))))",
    )
    assert heuristic(task, "hmax")(task.init) == 2
