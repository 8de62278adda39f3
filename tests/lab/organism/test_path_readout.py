from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import pytest

from agents.organisms.trained import Trained
from agents.organisms.weights import WordTables
from lab.organism.path_readout import Walk, table_figures, walk_all, walk_figures
from scenarios.planning.path.graph import Graph, graph_of
from scenarios.planning.path.spec import GraphSpec

GRAPH = graph_of(GraphSpec(nodes=16, p=0.25, seed=1, train_share=0.1))
NODES = range(1, 17)


@dataclass
class Knowing:
    """Stands for an organism: all chance to the node that `choose` names."""

    choose: Any

    def probabilities(self, prompts: Sequence[str], choices: Sequence[str]) -> list[tuple[float, ...]]:
        rows = []
        for prompt in prompts:
            _, target, *walked = map(int, prompt.split())
            chosen = str(self.choose(walked[-1], target))
            rows.append(tuple(float(choice == chosen) for choice in choices))
        return rows


def _walks(choose: Any, max_steps: int | None = None) -> dict[tuple[int, int], Walk]:
    organism = cast("Trained", Knowing(choose))
    return walk_all(organism, GRAPH, GRAPH.test, max_steps=max_steps)


def _figures(found: Any) -> dict[str, float | None]:
    return {figure.name: figure.value for figure in found}


def test_who_knows_the_graph_joins_every_pair() -> None:
    walks = _walks(lambda here, target: GRAPH.nearest_ways(here, target)[0])
    assert tuple(walks) == GRAPH.test
    assert all(len(walk.nodes) - 1 == GRAPH.distance[s][t] for (s, t), walk in walks.items())
    figures = _figures(walk_figures(GRAPH, walks))
    assert figures["success"] == figures["success_near"] == 1
    assert figures["missing_edge_rate"] == figures["dead_end_rate"] == 0


def test_walks_end_as_in_the_game() -> None:
    straight = _walks(lambda here, target: target)  # no test pair is an edge
    assert {walk.outcome for walk in straight.values()} == {"missing_edge"}
    assert all(walk.nodes == (source,) for (source, _), walk in straight.items())
    short = _walks(lambda here, target: GRAPH.ways(here, target)[0], max_steps=1)
    assert {walk.outcome for walk in short.values()} == {"too_long"}
    lost = _walks(lambda here, target: GRAPH.neighbors[here][0])
    assert "dead_end" in {walk.outcome for walk in lost.values()}


def test_success_is_counted_by_degree() -> None:
    walks = {
        (source, target): Walk((source,), "solved" if GRAPH.degree[source][target] <= 1 else "dead_end")
        for source, target in GRAPH.test
    }
    figures = _figures(walk_figures(GRAPH, walks))
    assert [figures[f"success_degree_{one}"] for one in range(4)] == [None, 1, 0, 0]  # no pair of degree 0
    assert figures["far_gap"] == 1


def _tables(graph: Graph, *, edge: float, seen: float, hidden: float) -> WordTables:
    at_hand = [[edge * (one in graph.neighbors[node]) for one in NODES] for node in NODES]
    attended = [
        [seen if one in graph.seen[t] else hidden * (t in graph.distance[one]) for one in NODES]
        for t in NODES
    ]
    return WordTables(at_hand, attended)


@pytest.mark.parametrize(("edge", "auc"), [(2.0, 1.0), (0.0, 0.5), (-1.0, 0.0)])
def test_tables_are_judged_by_how_they_tell_edges_and_reachability_apart(edge: float, auc: float) -> None:
    figures = _figures(table_figures(GRAPH, _tables(GRAPH, edge=edge, seen=3.0, hidden=-1.0)))
    assert figures == {
        "edge_auc": auc,
        "edge_gap": edge,
        "seen_auc": 1.0,
        "seen_gap": 3.0,
        "hidden_gap": -1.0,
    }
