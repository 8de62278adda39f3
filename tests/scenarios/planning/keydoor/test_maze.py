from __future__ import annotations

from itertools import pairwise, product

import pytest

from scenarios.planning.keydoor.maze import CELLS, DRAWING, PASSAGES, distance, step_toward

CROWS: dict[tuple[str, str], int] = {
    (one, other): (0 if one == other else 1 if other in PASSAGES[one] else 99)
    for one, other in product(CELLS, CELLS)
}
for middle, start, end in product(CELLS, CELLS, CELLS):  # Floyd and Warshall
    CROWS[start, end] = min(CROWS[start, end], CROWS[start, middle] + CROWS[middle, end])


def test_the_maze_has_16_cells_19_passages_and_diameter_7() -> None:
    assert len(CELLS) == 16
    assert sum(map(len, PASSAGES.values())) == 2 * 19
    assert max(CROWS.values()) == 7


def test_passages_are_the_lines_of_the_drawing() -> None:
    assert DRAWING.count("--") + DRAWING.count("|") == 19
    assert PASSAGES["a1"] == ("a2", "b1")
    assert PASSAGES["b3"] == ("a3", "b2", "b4", "c3")
    assert PASSAGES["d3"] == ("d2", "d4")
    assert all(one in PASSAGES[other] for one, others in PASSAGES.items() for other in others)


def test_distances_are_those_of_an_independent_algorithm() -> None:
    assert {pair: distance(*pair) for pair in CROWS} == CROWS


@pytest.mark.parametrize("goal", CELLS)
def test_steps_toward_a_cell_arrive_in_as_many_moves_as_it_is_far(goal: str) -> None:
    for start in set(CELLS) - {goal}:
        route = [start]
        while route[-1] != goal:
            route.append(step_toward(route[-1], goal))
        assert len(route) - 1 == CROWS[start, goal]
        assert all(other in PASSAGES[one] for one, other in pairwise(route))


def test_of_equal_steps_the_first_in_the_alphabet_is_taken() -> None:
    assert distance("a3", "b4") == distance("b3", "a4") == 2
    assert step_toward("a3", "b4") == "a4"
