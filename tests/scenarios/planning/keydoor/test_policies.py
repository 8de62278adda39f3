from __future__ import annotations

from typing import Any

from scenarios.planning.keydoor.policies import GreedyGoal, Noisy, Optimal, Random, best_move
from scenarios.planning.keydoor.rules import Keydoor
from tests.support.worlds import play


def _measures(policy: Any, *, moves: int = 30) -> Any:
    return play(Keydoor, {"routes": 150, "moves": moves}, {"ann": policy}, seed=2).measures


def test_the_optimal_walker_loses_no_move() -> None:
    found = _measures(Optimal(), moves=14)
    assert (found["optimal"], found["completed"], found["legal"], found["excess_moves"]) == (1, 1, 1, 0)


def test_slips_cost_moves_but_no_route() -> None:
    found = _measures(Noisy(noise=0.2))
    assert found["completed"] > 0.95
    assert 0.2 < found["optimal"] < 0.8
    assert found["excess_moves"] > 0.5


def test_who_forgets_the_key_finds_it_by_chance_only() -> None:
    greedy, random = _measures(GreedyGoal(), moves=14), _measures(Random(), moves=14)
    assert greedy["key_visited"] < 0.75
    assert greedy["optimal"] < 0.5
    assert random["completed"] < 0.3
    assert greedy["legal"] == random["legal"] == 1


def test_the_best_move_goes_for_the_key_and_then_for_the_goal() -> None:
    seen = {"keys": {"red": "c3", "blue": "a1"}, "door": "red", "goal": "b1", "visited": ["b3"]}
    assert best_move(seen) == "c3"
    assert best_move(seen | {"visited": ["b3", "c3", "b3"]}) == "b2"
