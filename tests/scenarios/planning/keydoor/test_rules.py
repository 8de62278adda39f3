from __future__ import annotations

from typing import Any

from scenarios.planning.keydoor.maze import CELLS, PASSAGES, distance
from scenarios.planning.keydoor.policies import Noisy, Optimal
from scenarios.planning.keydoor.rules import COLORS, Keydoor, KeydoorParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.support.worlds import Played, play


def _run(policy: Any, *, seed: int = 1, routes: int = 4, moves: int = 14) -> tuple[Played, Kept]:
    kept = Kept()
    return play(Keydoor, {"routes": routes, "moves": moves}, {"ann": policy}, seed=seed, sink=kept), kept


def _routes(played: Played) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in played.record.events if event.kind == "route"]


def test_a_route_ends_at_the_goal_with_the_key_and_pays_one_point() -> None:
    played, _ = _run(Optimal(), routes=20)
    for route in _routes(played):
        key = route["keys"][route["door"]]
        assert route["done"]
        assert route["visited"][0] == route["start"]
        assert key in route["visited"]
        assert route["visited"][-1] == route["goal"]
    assert sum(event.value or 0 for event in played.record.events if event.kind == "payoff") == 20


def test_places_differ_on_a_route_and_all_cells_and_colors_occur() -> None:
    routes = [route for seed in range(8) for route in _routes(_run(Optimal(), seed=seed, routes=20)[0])]
    for route in routes:
        assert len({*route["keys"].values(), route["goal"], route["start"]}) == 5
    assert {route["goal"] for route in routes} == set(CELLS)
    doors = [route["door"] for route in routes]
    assert all(32 < doors.count(color) < 76 for color in COLORS)  # 53 expected, sd 6


def test_the_goal_without_the_key_is_a_cell_like_others() -> None:
    reader = Reader(Noisy(noise=1.0))
    played, _ = _run(reader, routes=30, moves=30)
    passed = [
        route for route in _routes(played) if route["goal"] in route["visited"] and not route["has_key"]
    ]
    assert passed
    assert not any(route["done"] for route in passed)


def test_a_move_through_a_wall_leaves_the_agent_where_it_is_counts_and_is_told() -> None:
    start = _routes(_run(Optimal(), routes=1)[0])[0]["start"]
    wall = next(cell for cell in CELLS if cell not in PASSAGES[start])
    reader = Reader(Fixed(move=[wall] * 3))
    played, _ = _run(reader, routes=1, moves=3)
    assert [event.payload["reason"] for event in played.record.events if event.kind == "rejected"] == [
        "no_passage"
    ] * 3
    assert _routes(played)[0]["visited"] == [start] * 4
    assert [request.observation["moves_left"] for request in reader.requests] == [3, 2, 1]
    told = [request.observation["rejected"] for request in reader.requests]
    assert told == [None, *[{"move": wall, "reason": "no_passage"}] * 2]
    assert f"No passage leads from here to {wall}" in reader.texts[1]
    assert played.measures["legal"] == played.measures["completed"] == 0


def test_no_answer_counts_as_a_move_and_enters_no_share_of_legal_ones() -> None:
    played, _ = _run(Fixed(move=[None] * 99), routes=1, moves=5)
    assert _routes(played)[0]["visited"] == [_routes(played)[0]["start"]] * 6
    assert played.measures["legal"] is None


def test_subgoal_distance_and_phase_are_logged_at_every_move() -> None:
    reader = Reader(Noisy(noise=0.3))
    _, kept = _run(reader, routes=10, moves=30)
    logged = zip(kept.truths("subgoal"), kept.truths("distance"), kept.truths("phase"), strict=True)
    for request, (aim, far, phase) in zip(reader.requests, logged, strict=True):
        seen = request.observation
        key = seen["keys"][seen["door"]]
        expected = seen["goal"] if key in seen["visited"] else key
        assert aim.value == expected
        assert far.value == str(distance(seen["visited"][-1], expected))
        assert phase.value == ("goal" if seen["has_key"] else "key")
    assert {row.value for row in kept.truths("phase")} == {"goal", "key"}


def test_fourteen_moves_are_enough_and_a_route_takes_about_six() -> None:
    played, _ = _run(Optimal(), routes=200)
    assert played.measures["optimal"] == 1
    assert Keydoor.seat_name(0, None) == "walker"
    expected = Keydoor.expected_decisions(KeydoorParams(routes=200), 1)
    assert abs(len(played.record.decisions) - expected) < 0.15 * expected
