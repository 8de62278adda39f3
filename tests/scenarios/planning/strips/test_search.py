from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scenarios.planning.strips.blocks import blocks_task
from scenarios.planning.strips.distances import hstar_table
from scenarios.planning.strips.heuristics import HeuristicName
from scenarios.planning.strips.model import Condition, Task
from scenarios.planning.strips.pddl import load_task, parse_task
from scenarios.planning.strips.search import Search, greedy, solve_astar, solve_bfs
from tests.scenarios.planning.strips.worlds import blocks, delivery, planbench
from tests.support.verified import Recorder

CIRCLE = (Condition(("on", "a", "b")), Condition(("on", "b", "a")))


def impossible(n: int = 3) -> Task:
    task = blocks(0, n)
    return Task(name="circle", domain=task.domain, objects=task.objects, init=task.init, goal=CIRCLE)


def loaded(pair: tuple[Path, Path]) -> Task:
    return load_task(*pair)


def sound(task: Task, search: Search) -> None:
    """The plan is what the search says it is."""
    assert search.status == "solved"
    verdict = task.validate(search.plan or ())
    assert verdict.valid
    assert verdict.cost == search.cost


@pytest.mark.parametrize("h", ["blind", "hmax"])
@pytest.mark.parametrize("key", range(8))
def test_a_star_is_as_short_as_breadth_first(key: int, h: HeuristicName) -> None:
    task = blocks(key)
    shortest, cheapest = solve_bfs(task), solve_astar(task, h)
    sound(task, shortest)
    sound(task, cheapest)
    assert shortest.optimal
    assert cheapest.optimal
    assert shortest.cost == cheapest.cost
    assert cheapest.expanded <= shortest.expanded + 1 or h == "blind"


@pytest.mark.parametrize("key", range(6))
def test_a_star_minds_costs_where_breadth_first_minds_steps(key: int) -> None:
    task = delivery(key)
    shortest, cheapest, exact = solve_bfs(task), solve_astar(task, "hmax"), hstar_table(task)
    assert exact is not None
    if not exact.reachable(task.init):
        assert shortest.status == cheapest.status == "unsolvable"
        return
    sound(task, shortest)
    sound(task, cheapest)
    assert cheapest.cost == solve_astar(task, "blind").cost == exact.hstar(task.init)
    assert len(shortest.plan or ()) <= len(cheapest.plan or ())


@pytest.mark.parametrize(
    "solve", [greedy, lambda task: solve_astar(task, "hadd"), lambda task: greedy(task, "goal_count")]
)
def test_a_plan_found_in_a_hurry_is_still_a_plan(solve: Callable[[Task], Search]) -> None:
    for key in range(4):
        task = blocks(key, 5)
        found = solve(task)
        sound(task, found)
        assert not found.optimal
        assert (found.cost or 0) >= (solve_bfs(task).cost or 0)


@pytest.mark.parametrize("solve", [solve_bfs, solve_astar, greedy])
def test_what_has_no_plan_is_proved_so_or_left_open(solve: Callable[..., Search]) -> None:
    assert solve(impossible()).status == "unsolvable"
    assert solve(impossible()).plan is None
    assert solve(impossible(), cap=3) == Search(status="unknown", expanded=3)


def test_a_goal_that_not_even_the_relaxed_task_reaches_needs_no_search() -> None:
    task = parse_task(
        "(define (domain d) (:predicates (p) (q)) (:action x :precondition (q) :effect (p)))",
        "(define (problem p) (:domain d) (:init) (:goal (p)))",
    )
    assert solve_astar(task) == Search(status="unsolvable", expanded=0)


def test_a_search_may_start_anywhere() -> None:
    task = blocks(1)
    plan = solve_bfs(task).plan or ()
    state = task.step(task.init, plan[0]).state
    for solve in (solve_bfs, solve_astar):
        rest = solve(task, start=state)
        assert len(rest.plan or ()) == len(plan) - 1


def test_a_goal_that_holds_needs_no_plan() -> None:
    task = blocks_task((("a", "b"),), (("a", "b"),))
    assert solve_bfs(task) == Search(status="solved", plan=(), cost=0, optimal=True, expanded=0)


def test_equal_tasks_get_equal_plans() -> None:
    for solve in (solve_bfs, solve_astar, greedy):
        assert solve(blocks(5)) == solve(blocks(5))


def test_the_unsolvable_of_planbench_are_proved_so() -> None:
    for pair in planbench("unsolvable-blocksworld")[:3]:
        assert solve_bfs(loaded(pair)).status == "unsolvable"


@pytest.mark.verify
def test_planbench_is_solved_and_what_is_unsolvable_is_proved_so(verified: Recorder) -> None:
    lengths = []
    for pair in planbench("blocksworld-4-5") + planbench("mystery-blocksworld"):
        task = loaded(pair)
        shortest, cheapest = solve_bfs(task), solve_astar(task, "hmax")
        sound(task, shortest)
        sound(task, cheapest)
        assert shortest.cost == cheapest.cost
        lengths.append(shortest.cost or 0)
    assert (len(lengths), min(lengths), max(lengths)) == (80, 2, 12)
    proofs = [
        solve(loaded(pair)).status
        for pair in planbench("unsolvable-blocksworld")
        for solve in (solve_bfs, solve_astar)
    ]
    assert proofs == ["unsolvable"] * 20
    for pair in planbench("logistics"):
        sound(task := loaded(pair), greedy(task))
    verified.record(
        "PlanBench 4-5 blocks (plain, mystery): A* as short as breadth-first", f"{len(lengths)} of 80"
    )
    verified.record("PlanBench unsolvable blocks proved so, by both searches", "10 of 10")
    verified.record("PlanBench logistics solved", "30 of 30")


@pytest.mark.verify
def test_a_star_is_as_short_as_breadth_first_and_as_the_table_on_many_tasks(verified: Recorder) -> None:
    tasks = [blocks(key, 3 + key % 3) for key in range(300)]
    for task in tasks:
        exact = hstar_table(task)
        assert exact is not None
        assert solve_bfs(task).cost == solve_astar(task, "hmax").cost == exact.hstar(task.init)
    verified.record(
        "drawn tasks of 3-5 blocks: A*, breadth-first and h* of equal length", f"{len(tasks)} of 300"
    )
