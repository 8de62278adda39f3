from __future__ import annotations

from math import inf

import pytest

from lab.core.streams import generator
from scenarios.planning.strips.blocks import blocks_task
from scenarios.planning.strips.distances import Distances, Space, explore, hstar_table, step_regret
from scenarios.planning.strips.model import Action, Task
from scenarios.planning.strips.pddl import parse_task
from scenarios.planning.strips.search import solve_astar, solve_bfs
from tests.scenarios.planning.strips.worlds import blocks, delivery


def table(task: Task) -> Distances:
    found = hstar_table(task)
    assert found is not None
    return found


def by_repeated_sweeps(task: Task, space: Space) -> list[float]:
    """The cost to the goal by Bellman-Ford, which knows nothing of queues."""
    far = [0 if task.solved(state) else inf for state in space.states]
    changed = True
    while changed:
        changed = False
        for index, edges in enumerate(space.edges):
            best = min((edge.cost + far[edge.after] for edge in edges), default=inf)
            if best < far[index]:
                far[index], changed = best, True
    return far


@pytest.mark.parametrize("task", [blocks(0, 3), blocks(1, 4), delivery(0), delivery(3)])
def test_the_table_is_what_repeated_sweeps_find(task: Task) -> None:
    exact = table(task)
    far = by_repeated_sweeps(task, exact.space)
    assert [exact.reachable(state) for state in exact.space.states] == [cost < inf for cost in far]
    assert [exact.hstar(s) for s in exact.space.states] == [c if c < inf else exact.dead_end for c in far]


def test_the_table_agrees_with_breadth_first_search_from_every_state() -> None:
    task = blocks(2, 3)
    exact = table(task)
    for state in exact.space.states:
        assert exact.hstar(state) == solve_bfs(task, start=state).cost


def test_a_smashed_cup_is_a_dead_end_of_twice_the_farthest_cost() -> None:
    task = delivery(0)
    exact = table(task)
    dead = [state for state in exact.space.states if ("broken", "c1") in state]
    assert dead
    assert {exact.hstar(state) for state in dead} == {2 * exact.farthest} == {exact.dead_end}
    assert all(exact.optimal(state) == () for state in dead)


def test_no_step_has_a_negative_regret_and_a_best_one_has_none() -> None:
    for task in (blocks(4, 4), delivery(0)):
        exact = table(task)
        for state, edges in zip(exact.space.states, exact.space.edges, strict=True):
            before = exact.hstar(state)
            regrets = {
                edge.action: step_regret(
                    cost=edge.cost, before=before, after=exact.hstar(exact.space.states[edge.after])
                )
                for edge in edges
            }
            assert all(regret >= 0 for regret in regrets.values())
            assert all(regrets[action] == 0 for action in exact.optimal(state))
            if exact.reachable(state) and not task.solved(state):
                assert exact.optimal(state)


def test_the_regrets_of_a_run_are_what_it_cost_too_much() -> None:
    task, rng = blocks(6, 4), generator(2)
    exact = table(task)
    state, cost, total = task.init, 0, 0
    while not task.solved(state):
        options = exact.optimal(state) if rng.random() < 0.5 else task.applicable(state)
        outcome = task.step(state, options[int(rng.integers(len(options)))])
        total += step_regret(cost=outcome.cost, before=exact.hstar(state), after=exact.hstar(outcome.state))
        state, cost = outcome.state, cost + outcome.cost
    assert total == cost - exact.hstar(task.init) > 0


def test_a_rejected_step_is_wholly_regretted() -> None:
    assert step_regret(cost=1, before=7, after=7) == 1


def test_following_the_best_actions_reaches_the_goal_even_where_steps_are_free() -> None:
    task = parse_task(
        "(define (domain d) (:predicates (at ?x) (road ?x ?y)) (:functions (total-cost))"
        "(:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))"
        ":effect (and (at ?y) (not (at ?x)))))",
        "(define (problem p) (:domain d) (:objects a b c) (:init (at b) (road a b) (road b a) (road b c))"
        "(:goal (at c)) (:metric minimize (total-cost)))",
    )
    exact = table(task)
    assert exact.hstar(task.init) == 0
    assert exact.optimal(task.init) == (Action("go", ("b", "c")),)


def test_tasks_that_differ_in_the_goal_alone_share_a_space() -> None:
    first = blocks_task((("a",), ("b",), ("c",)), (("a", "b", "c"),))
    second = blocks_task((("a",), ("b",), ("c",)), (("c", "b", "a"),))
    space = explore(first)
    shared = hstar_table(second, space=space)
    assert shared is not None
    assert shared.hstar(second.init) == solve_astar(second).cost


def test_a_space_beyond_the_cap_is_not_half_known() -> None:
    assert explore(blocks(0, 4), cap=124) is None
    assert hstar_table(blocks(0, 4), cap=124) is None
    assert explore(blocks(0, 4), cap=125) is not None


def test_a_state_of_another_world_is_no_key() -> None:
    with pytest.raises(KeyError):
        table(blocks(0, 3)).hstar(frozenset())


def test_a_task_without_any_way_to_its_goal_has_dead_ends_only() -> None:
    task = parse_task(
        "(define (domain d) (:predicates (p) (q)) (:action x :precondition (p) :effect (not (p))))",
        "(define (problem p) (:domain d) (:init (p)) (:goal (q)))",
    )
    exact = table(task)
    assert exact.farthest == 0
    assert exact.hstar(task.init) == exact.dead_end == 2
