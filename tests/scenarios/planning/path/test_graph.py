from __future__ import annotations

from itertools import pairwise

import pytest

from scenarios.planning.path.graph import DEEPEST, Graph, graph_of
from scenarios.planning.path.spec import GraphSpec

SPECS = [GraphSpec(nodes=14, p=0.25, seed=seed, train_share=0.15) for seed in range(6)]


def all_paths(graph: Graph, source: int, target: int) -> list[tuple[int, ...]]:
    """Every path, by walking them all."""
    if source == target:
        return [(target,)]
    return [(source, *rest) for one in graph.neighbors[source] for rest in all_paths(graph, one, target)]


def reachable(graph: Graph) -> list[tuple[int, int]]:
    nodes = range(1, len(graph.neighbors))
    return [(s, t) for s in nodes for t in nodes if s != t and all_paths(graph, s, t)]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.seed))
def test_distances_are_those_of_the_shortest_of_all_paths(spec: GraphSpec) -> None:
    graph = graph_of(spec)
    found = {
        (source, target): steps for source, row in enumerate(graph.distance) for target, steps in row.items()
    }
    assert found == {
        pair: min(len(path) - 1 for path in all_paths(graph, *pair)) for pair in reachable(graph)
    }


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.seed))
def test_the_splits_part_the_reachable_pairs_and_every_edge_is_for_training(spec: GraphSpec) -> None:
    graph = graph_of(spec)
    edges = {(node, one) for node, row in enumerate(graph.neighbors) for one in row}
    assert not set(graph.train) & set(graph.test)
    assert sorted(graph.train + graph.test) == reachable(graph) == list(graph.pairs("all"))
    assert edges <= set(graph.train)
    assert all(low < high for low, high in edges)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.seed))
def test_r_obs_holds_every_node_but_the_source_of_every_training_path(spec: GraphSpec) -> None:
    graph = graph_of(spec)
    seen: list[set[int]] = [set() for _ in graph.neighbors]
    for source, target in graph.train:
        for path in all_paths(graph, source, target):
            seen[target] |= set(path[1:])
    assert list(map(set, graph.seen)) == seen


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: str(spec.seed))
def test_a_degree_counts_the_steps_to_the_first_node_that_was_seen(spec: GraphSpec) -> None:
    graph = graph_of(spec)
    for source, target in reachable(graph):
        steps = (
            next(place for place, node in enumerate(path) if node in graph.seen[target])
            for path in all_paths(graph, source, target)
        )
        assert graph.degree[source][target] == min(min(steps), DEEPEST)


def test_ways_lead_on_and_the_nearest_of_them_along_a_shortest_path() -> None:
    graph = graph_of(SPECS[0])
    for source, target in reachable(graph):
        paths = all_paths(graph, source, target)
        least = min(map(len, paths))
        assert set(graph.ways(source, target)) == {path[1] for path in paths}
        assert set(graph.nearest_ways(source, target)) == {path[1] for path in paths if len(path) == least}
        assert set(graph.seen_ways(source, target)) == set(graph.neighbors[source]) & graph.seen[target]


def test_the_published_graph_has_about_the_published_size() -> None:
    graph = graph_of(GraphSpec())
    assert 430 < sum(map(len, graph.neighbors)) < 560  # 495 expected, sd 21
    assert (
        0.35 < len(graph.test) / (len(graph.test) + len(graph.train)) < 0.5
    )  # half of those that are no edge
    assert not any(graph.degree[source][target] == DEEPEST for source, target in graph.test)


def test_fewer_training_pairs_leave_the_edges_as_they_are() -> None:
    graphs = [graph_of(GraphSpec(nodes=40, train_share=share)) for share in (0.0, 0.1, 0.6, 1.0)]
    assert len({graph.neighbors for graph in graphs}) == 1
    assert all(set(few.train) < set(many.train) for few, many in pairwise(graphs))
    assert not graphs[-1].test
