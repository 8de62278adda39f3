from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from lab.core.ports import Seat
from scenarios.planning.path.graph import graph_of
from scenarios.planning.path.policies import Ideal, Walker
from scenarios.planning.path.rules import PathGame, node_names
from scenarios.planning.path.spec import GraphSpec, PathParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.support.worlds import Played, play

MAP: dict[str, Any] = {"nodes": 12, "p": 0.25, "seed": 1, "train_share": 0.0}
GRAPH = graph_of(GraphSpec(**MAP))


def _run(policy: Any, *, seed: int = 1, tasks: int = 6, **params: Any) -> tuple[Played, Kept]:
    kept = Kept()
    given = {"graph": MAP, "tasks": tasks, "split": "all"} | params
    return play(PathGame, given, {"ann": policy}, seed=seed, sink=kept), kept


def _tasks(played: Played) -> list[dict[str, Any]]:
    return [dict(event.payload["task"]) for event in played.record.events if event.kind == "task"]


def _named(*steps: str | None, seed: int = 1, **params: Any) -> dict[str, Any]:
    """How a single task ends when these nodes are named."""
    played, _ = _run(Fixed(step=[*steps, *[None] * 9]), seed=seed, tasks=1, **params)
    return _tasks(played)[0]


def _pair(seed: int) -> tuple[int, int]:
    """The pair that a run of this seed is given first."""
    task = _named(None, seed=seed)
    return int(task["source"]), int(task["target"])


SEED = next(seed for seed in range(50) if GRAPH.distance[_pair(seed)[0]][_pair(seed)[1]] >= 2)
"""A seed whose first pair is joined by no edge."""
SOURCE, TARGET = _pair(SEED)


def test_arriving_at_the_target_solves_a_task_for_one_point() -> None:
    played, _ = _run(Walker(), tasks=12)
    assert [task["outcome"] for task in _tasks(played)] == ["solved"] * 12
    for task in _tasks(played):
        nodes = [int(node) for node in task["walked"]]
        assert (task["source"], task["target"]) == (task["walked"][0], task["walked"][-1])
        assert all(high in GRAPH.neighbors[low] for low, high in pairwise(nodes))
    assert sum(event.value or 0 for event in played.record.events if event.kind == "payoff") == 12


def test_a_node_without_an_edge_ends_a_task_and_is_told() -> None:
    assert TARGET not in GRAPH.neighbors[SOURCE]
    task = _named(str(TARGET), seed=SEED)
    assert (task["outcome"], task["named"], task["walked"]) == ("missing_edge", str(TARGET), [str(SOURCE)])


def test_a_node_that_cannot_reach_the_target_ends_a_task() -> None:
    for seed in range(200):
        source, target = _pair(seed)
        lost = set(GRAPH.neighbors[source]) - set(GRAPH.ways(source, target))
        if lost:
            task = _named(str(min(lost)), seed=seed)
            assert (task["outcome"], task["walked"]) == ("dead_end", [str(source), str(min(lost))])
            return
    pytest.fail("no task of this graph has a dead end")


def test_a_task_ends_after_max_steps_and_without_an_answer() -> None:
    way = str(GRAPH.ways(SOURCE, TARGET)[0])
    assert _named(way, seed=SEED, max_steps=1)["outcome"] == "too_long"
    assert _named(None, seed=SEED)["outcome"] == "no_answer"


def test_degree_and_distance_are_logged_for_the_node_at_hand_and_shown_nowhere() -> None:
    reader = Reader(Walker())
    _, kept = _run(reader, tasks=10)
    for request, degree, distance in zip(
        reader.requests, kept.truths("degree"), kept.truths("distance"), strict=True
    ):
        here, target = int(request.observation["walked"][-1]), int(request.observation["target"])
        assert degree.value == str(GRAPH.degree[here][target])
        assert distance.value == str(GRAPH.distance[here][target])
        assert {"degree", "distance", "shortest"}.isdisjoint(request.observation)


def test_tasks_come_from_the_split_and_differ_between_seeds() -> None:
    for split in ("train", "test"):
        drawn = [
            (int(task["source"]), int(task["target"]))
            for seed in range(5)
            for task in _tasks(_run(Ideal(), seed=seed, split=split)[0])
        ]
        assert set(drawn) <= set(GRAPH.pairs(split))
        assert len(set(drawn)) > len(GRAPH.pairs(split)) / 3


@pytest.mark.parametrize(
    ("feedback", "keys"),
    [("none", set()), ("reason", {"last"}), ("neighbors", {"last", "neighbors"})],
)
def test_feedback_says_what_is_told(feedback: str, keys: set[str]) -> None:
    reader = Reader(Walker())
    _run(reader, feedback=feedback)
    told = {"last", "neighbors", "edges"}
    assert all(told & set(request.observation) == keys for request in reader.requests)


def test_only_a_scripted_agent_is_lent_the_graph() -> None:
    reader = Reader(Walker())
    _run(reader)
    assert all(tool.reads_truth for request in reader.requests for tool in request.tools)
    assert {tool.name for tool in reader.requests[0].tools} == {"edges", "ways", "nearest_ways", "seen_ways"}


def test_a_split_without_pairs_is_refused() -> None:
    params = PathParams(graph=GraphSpec(nodes=5, p=1.0), split="test")
    assert list(PathGame.problems(params, [Seat("ann", None, None)])) == [
        (
            "params.split",
            "no test pair is reachable in this graph: more nodes, or another p, seed or train_share",
        )
    ]


def test_nodes_are_named_by_their_numbers_and_the_seat_by_what_it_does() -> None:
    assert PathGame.seat_name(0, None) == "walker"
    assert node_names(PathParams(graph=GraphSpec(nodes=3))) == ("1", "2", "3")
    assert PathGame.label_options(PathParams(graph=GraphSpec(nodes=3))) == ("1", "2", "3")
