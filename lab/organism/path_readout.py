"""What the path organism learned of the graph: read from its weights, and from the ways it finds itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from agents.organisms.trained import Trained
from agents.organisms.weights import WordTables, attention_on, word_tables
from lab.organism.drawing import Bars, Heat, draw
from lab.organism.recipe import Episodes, Figure, ReadOut, TrainingLessons
from scenarios.look import Look
from scenarios.planning.path.graph import DEEPEST, Graph, Pair, graph_of
from scenarios.planning.path.rules import node_names
from scenarios.planning.path.spec import PathParams
from scenarios.planning.path.wording import compact

TARGET_PLACE = 1
"""Where the target stands in the compact line: source, target, source again."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A way that the organism found, always taking the likeliest node.

    Attributes:
        nodes: from the source on; what it named last is not in it where no edge leads there.
        outcome: how it ended, as in the game.
    """

    nodes: tuple[int, ...]
    outcome: str


def read_path(organism: Trained, held_out: Episodes, lessons: TrainingLessons) -> ReadOut:
    """Tables, attention and accuracy of a path organism over all test pairs of its graph, and their drawing.

    The definitions are those of ALPINE (arXiv 2405.09220, §4 and §5), with R_obs as in the game's `graph`.
    """
    params = PathParams.model_validate(lessons.scenario.params)
    graph = graph_of(params.graph)
    tables = word_tables(organism, node_names(params))
    walks = walk_all(organism, graph, graph.test, max_steps=params.max_steps)
    figures = (
        *walk_figures(graph, walks),
        *table_figures(graph, tables),
        Figure(
            "attention_on_target",
            "mean attention of the present node on the target",
            attention_on(organism, _lines(walks), place=TARGET_PLACE),
        ),
    )
    return ReadOut(figures, _drawn(graph, tables, figures))


def walk_all(
    organism: Trained, graph: Graph, pairs: Sequence[Pair], *, max_steps: int | None
) -> dict[Pair, Walk]:
    """The organism's own way for each pair, by the rules of the game."""
    names = [str(node) for node in range(1, len(graph.neighbors))]
    under_way: dict[Pair, tuple[int, ...]] = {pair: pair[:1] for pair in pairs}
    walks: dict[Pair, Walk] = {}
    while under_way:
        chances = organism.probabilities([_line(*one) for one in under_way.items()], names)
        going = list(under_way.items())
        under_way = {}
        for (pair, nodes), row in zip(going, chances, strict=True):
            likeliest = max(range(len(row)), key=row.__getitem__) + 1
            outcome = graph.outcome(nodes, likeliest, pair[1], max_steps=max_steps)
            after = nodes if outcome == "missing_edge" else (*nodes, likeliest)
            if outcome is None:
                under_way[pair] = after
            else:
                walks[pair] = Walk(after, outcome)
    return {pair: walks[pair] for pair in pairs}


def walk_figures(graph: Graph, walks: dict[Pair, Walk]) -> tuple[Figure, ...]:
    """How the walks ended, and what became of them by the degree of their pair."""
    near = success(graph, walks, lambda degree: degree <= 1)
    far = success(graph, walks, lambda degree: degree == DEEPEST)
    gap = None if near is None or far is None else near - far
    by_degree = (
        Figure(
            f"success_degree_{one}",
            f"the same over pairs of degree {one}{' or more' if one == DEEPEST else ''}",
            success(graph, walks, one.__eq__),
        )
        for one in range(DEEPEST + 1)
    )
    return (
        Figure(
            "success",
            "share of test pairs joined, always taking the likeliest node",
            success(graph, walks, lambda degree: True),
        ),
        *by_degree,
        Figure("success_near", "the same over pairs of degree 0 and 1", near),
        Figure("far_gap", f"success_near less success_degree_{DEEPEST}", gap),
        Figure(
            "missing_edge_rate", "share of test pairs that ended at no edge", _ended(walks, "missing_edge")
        ),
        Figure(
            "dead_end_rate", "share of test pairs that ended where no way leads on", _ended(walks, "dead_end")
        ),
    )


def success(graph: Graph, walks: dict[Pair, Walk], of: Callable[[int], bool]) -> float | None:
    """The share of pairs joined among those whose degree is `of` some kind; None of none."""
    return _mean(
        float(walk.outcome == "solved")
        for (source, target), walk in walks.items()
        if of(graph.degree[source][target])
    )


def table_figures(graph: Graph, tables: WordTables) -> tuple[Figure, ...]:
    """How well the tables tell edges from missing ones, and reachability that was seen from other pairs."""
    edges = [edge_entries(graph, tables, node) for node in range(1, len(graph.neighbors))]
    reach = [reach_entries(graph, tables, target) for target in range(1, len(graph.neighbors))]
    seen, hidden, never = (_pooled(row[kind] for row in reach) for kind in range(3))
    return (
        Figure(
            "edge_auc",
            "chance that an edge outranks a missing one in its row of W^M'",
            _mean(_auc(*row) for row in edges if all(row)),
        ),
        Figure(
            "edge_gap",
            "mean of W^M' over edges less mean over missing ones",
            _difference(*(_pooled(row[kind] for row in edges) for kind in range(2))),
        ),
        Figure(
            "seen_auc",
            "chance that a node of R_obs outranks another one in its row of W^V'",
            _mean(_auc(row[0], row[1] + row[2]) for row in reach if row[0] and (row[1] or row[2])),
        ),
        Figure(
            "seen_gap", "mean of W^V' over R_obs less mean over unreachable nodes", _difference(seen, never)
        ),
        Figure(
            "hidden_gap",
            "mean of W^V' over nodes that reach the target, unseen, less mean over unreachable ones",
            _difference(hidden, never),
        ),
    )


def edge_entries(graph: Graph, tables: WordTables, node: int) -> tuple[list[float], list[float]]:
    """A row of W^M' over the later nodes: entries of edges, and of missing ones."""
    row, later = tables.at_hand[node - 1], range(node + 1, len(graph.neighbors))
    edges = [row[one - 1] for one in later if one in graph.neighbors[node]]
    return edges, [row[one - 1] for one in later if one not in graph.neighbors[node]]


def reach_entries(
    graph: Graph, tables: WordTables, target: int
) -> tuple[list[float], list[float], list[float]]:
    """A row of W^V' up to the target: nodes of R_obs, others that reach it, and those that do not."""
    kinds: tuple[list[float], list[float], list[float]] = ([], [], [])
    for node in range(1, target + 1):
        kinds[reach_kind(graph, node, target)].append(tables.attended[target - 1][node - 1])
    return kinds


def reach_kind(graph: Graph, node: int, target: int) -> int:
    """0 for a node of R_obs, 1 for another one that reaches the target, 2 for one that does not."""
    if node in graph.seen[target]:
        return 0
    return 1 if target in graph.distance[node] else 2


def _drawn(graph: Graph, tables: WordTables, figures: Sequence[Figure]) -> bytes:
    """Tables beside what is true, and success by degree."""
    nodes = range(1, len(graph.neighbors))
    found = {figure.name: figure.value for figure in figures}
    panels = (
        Heat(
            title="A: edges",
            rows="present node",
            columns="next node",
            table=[[float(one in graph.neighbors[node]) for one in nodes] for node in nodes],
        ),
        Heat(
            title="W^M': what the present node says of the next",
            rows="present node",
            columns="next node",
            table=tables.at_hand,
            diverging=True,
        ),
        Bars(
            title="success on test pairs",
            names="degree of the pair",
            shares={
                f"{one}+" if one == DEEPEST else str(one): found[f"success_degree_{one}"]
                for one in range(DEEPEST + 1)
            },
        ),
        Heat(
            title="R: 2 in R_obs, 1 reaches the target unseen, 0 does not",
            rows="target",
            columns="next node",
            table=[[2.0 - reach_kind(graph, node, target) for node in nodes] for target in nodes],
        ),
        Heat(
            title="W^V': what the target says of the next node",
            rows="target",
            columns="next node",
            table=tables.attended,
            diverging=True,
        ),
    )
    share = found["attention_on_target"]
    title = f"Read from the weights: one layer, one head; attention on the target {share:.3f}"
    return draw(title, panels, columns=3)


def _lines(walks: dict[Pair, Walk]) -> list[str]:
    """Every prompt at which the organism stood on its walks."""
    return [
        _line(pair, walk.nodes[:end])
        for pair, walk in walks.items()
        for end in range(1, len(walk.nodes) + (walk.outcome == "missing_edge"))
    ]


def _line(pair: Pair, nodes: tuple[int, ...]) -> str:
    source, target = pair
    seen = {"source": str(source), "target": str(target), "walked": [str(node) for node in nodes]}
    return compact(Look(), seen)


def _ended(walks: dict[Pair, Walk], outcome: str) -> float | None:
    return _mean(float(walk.outcome == outcome) for walk in walks.values())


def _auc(above: Sequence[float], below: Sequence[float]) -> float:
    """The share of pairs in which the first is larger; ties count half."""
    return fmean(float(one > other) + (one == other) / 2 for one in above for other in below)


def _pooled(lists: Iterable[list[float]]) -> list[float]:
    return [value for one in lists for value in one]


def _difference(plus: Sequence[float], minus: Sequence[float]) -> float | None:
    return fmean(plus) - fmean(minus) if plus and minus else None


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return fmean(found) if found else None
