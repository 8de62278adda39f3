from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.strips.model import Condition
from scenarios.planning.strips.plans import parse_action
from tests.scenarios.planning.acting.puzzles import TOWER, TOWER_PLAN, board, bridge


def test_a_puzzle_knows_a_cheapest_plan_and_its_cost() -> None:
    tower, crossing = Puzzle.of(TOWER), Puzzle.of(bridge())
    assert tuple(map(str, tower.plan or ())) == TOWER_PLAN
    assert (tower.optimal, tower.to_go(TOWER.init)) == (4, 4)
    assert tuple(map(str, crossing.plan or ())) == ("go(bank, ford)", "go(ford, far)")
    assert crossing.optimal == 3


def test_without_a_table_the_plan_is_searched_for_and_distances_stay_unknown() -> None:
    puzzle = Puzzle(TOWER, None)
    assert puzzle.optimal == 4
    assert puzzle.to_go(TOWER.init) is None
    assert puzzle.reachable(TOWER.init) is None


def test_a_cheapest_plan_has_no_regret() -> None:
    played = board(TOWER)
    for line in TOWER_PLAN:
        assert played.ended is None
        played.take(parse_action(line), "ok")
    assert played.ended == "solved"
    assert [step.regret for step in played.steps] == [0, 0, 0, 0]
    assert [step.after for step in played.steps] == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("line", "status", "reason", "why"),
    [
        ("stack(a, b)", "ok", "precondition", "precondition(holding(a))"),
        (None, "invalid", "invalid", "invalid"),
        (None, "timeout", "timeout", "timeout"),
    ],
)
def test_what_is_not_done_costs_a_step_and_leaves_the_state(
    line: str | None, status: str, reason: str, why: str
) -> None:
    played = board(TOWER)
    step = played.take(parse_action(line) if line else None, status)
    assert (step.ok, step.cost, step.regret, step.revisit) == (False, 1, 1, False)
    assert (step.reason, step.why) == (reason, why)
    assert played.state == TOWER.init


def test_regret_counts_the_costs_of_the_task() -> None:
    played = board(bridge())
    step = played.take(parse_action("go(bank, far)"), "ok")
    assert (step.cost, step.before, step.after, step.regret) == (5, 3, 0, 2)


def test_a_dead_end_is_twice_as_far_as_the_farthest_state_with_a_way() -> None:
    played = board(bridge())
    step = played.take(parse_action("go(bank, pit)"), "ok")
    assert (step.before, step.after, step.regret) == (3, 6, 4)
    assert played.puzzle.reachable(played.state) is False
    assert played.ended is None


def test_a_task_ends_when_its_steps_are_used_up() -> None:
    played = board(TOWER, budget=2)
    played.take(None, "invalid")
    assert played.ended is None
    played.take(None, "invalid")
    assert played.ended == "budget"


def test_a_task_ends_when_a_state_has_come_back_so_often() -> None:
    played = board(TOWER, revisits=2)
    ends = []
    for line in ("pick-up(a)", "put-down(a)") * 2:
        played.take(parse_action(line), "ok")
        ends.append(played.ended)
    assert ends == [None, None, None, "loop"]
    assert [step.revisit for step in played.steps] == [False, True, True, True]


def test_a_rejected_step_is_no_revisit() -> None:
    played = board(TOWER, revisits=1)
    for _ in range(3):
        played.take(parse_action("stack(a, b)"), "ok")
    assert played.ended is None


@pytest.mark.parametrize("solver", ["table", "search"])
def test_only_what_is_proved_is_called_impossible(solver: str) -> None:
    lost = replace(TOWER, goal=(Condition(("on", "a", "moon")),))
    for task, expected in ((TOWER, False), (lost, True)):
        puzzle = Puzzle.of(task) if solver == "table" else Puzzle(task, None)
        assert puzzle.impossible is expected
