"""The graph of the path game: who reaches whom, what the training paths show of it, how deep a pair lies.

The construction and the definitions are ALPINE's (arXiv 2405.09220): edges (i, j), i < j, drawn with one
chance; reachable pairs split into training and test, edges always training. A_obs and R_obs are taken in
the limit in which every path of every training pair was walked. As all edges are training pairs, A_obs is
then the graph itself, and only reachability is known in part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from lab.core.streams import stream_key, uniform
from scenarios.planning.path.spec import GraphSpec, Split

Pair = tuple[int, int]
"""A source and a target."""

DEEPEST = 3
"""Degrees of this or more are one class, 3+."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A directed graph without cycles on the nodes 1 … n; tables are indexed by node, entry 0 is empty.

    Attributes:
        neighbors: [node] the nodes one edge away, rising.
        distance: [source] target to the edges on a shortest path, for every reachable target.
        train, test: the reachable pairs of the two splits, rising.
        seen: [target] R_obs: the nodes that stand on training paths to the target, sources excepted.
        degree: [source] target to the degree of the pair, 0 … `DEEPEST`, for every reachable target.
    """

    neighbors: tuple[tuple[int, ...], ...]
    distance: tuple[dict[int, int], ...]
    train: tuple[Pair, ...]
    test: tuple[Pair, ...]
    seen: tuple[frozenset[int], ...]
    degree: tuple[dict[int, int], ...]

    def pairs(self, split: Split) -> tuple[Pair, ...]:
        """The pairs of a split."""
        if split == "all":
            return tuple(sorted(self.train + self.test))
        return self.train if split == "train" else self.test

    def ways(self, node: int, target: int) -> tuple[int, ...]:
        """The neighbors from which the target can still be reached, itself among them."""
        return tuple(one for one in self.neighbors[node] if one == target or target in self.distance[one])

    def seen_ways(self, node: int, target: int) -> tuple[int, ...]:
        """The neighbors that training paths to the target pass: ALPINE's algorithm on A_obs and R_obs."""
        return tuple(one for one in self.neighbors[node] if one in self.seen[target])

    def outcome(
        self, walked: Sequence[int], chosen: int, target: int, *, max_steps: int | None
    ) -> str | None:
        """How a walk to the target ends by going to `chosen`, see the rules; None when it goes on."""
        if chosen not in self.neighbors[walked[-1]]:
            return "missing_edge"
        if chosen == target:
            return "solved"
        if target not in self.distance[chosen]:
            return "dead_end"
        return "too_long" if len(walked) == max_steps else None

    def nearest_ways(self, node: int, target: int) -> tuple[int, ...]:
        """The neighbors on a shortest path to the target."""
        ways = self.ways(node, target)
        least = min((self.distance[one].get(target, 0) for one in ways), default=0)
        return tuple(one for one in ways if self.distance[one].get(target, 0) == least)


@lru_cache(maxsize=8)
def graph_of(spec: GraphSpec) -> Graph:
    """The graph that a spec describes; equal specs give the same object."""
    neighbors = _neighbors(spec)
    distance = _distances(neighbors)
    train, test = _split(spec, neighbors, distance)
    seen = _seen(train, distance)
    return Graph(neighbors, distance, train, test, seen, _degrees(neighbors, distance, seen))


def _neighbors(spec: GraphSpec) -> tuple[tuple[int, ...], ...]:
    key = stream_key(spec.seed, "path.edges")
    nodes = range(1, spec.nodes + 1)
    rows = (
        tuple(high for high in nodes if high > low and uniform(key, _place(spec, low, high)) < spec.p)
        for low in nodes
    )
    return ((), *rows)


def _place(spec: GraphSpec, source: int, target: int) -> int:
    return source * (spec.nodes + 1) + target


def _distances(neighbors: tuple[tuple[int, ...], ...]) -> tuple[dict[int, int], ...]:
    """From the last node back: whatever a neighbor reaches is one edge further from here."""
    tables: list[dict[int, int]] = [{} for _ in neighbors]
    for node in reversed(range(1, len(neighbors))):
        own = tables[node]
        for one in neighbors[node]:
            own[one] = 1
            for target, steps in tables[one].items():
                own[target] = min(own.get(target, steps + 1), steps + 1)
    return tuple(tables)


def _split(
    spec: GraphSpec, neighbors: tuple[tuple[int, ...], ...], distance: tuple[dict[int, int], ...]
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    key = stream_key(spec.seed, "path.split")
    train: list[Pair] = []
    test: list[Pair] = []
    for source, row in enumerate(distance):
        for target in sorted(row):
            drawn = uniform(key, _place(spec, source, target)) < spec.train_share
            side = train if drawn or target in neighbors[source] else test
            side.append((source, target))
    return tuple(train), tuple(test)


def _seen(train: tuple[Pair, ...], distance: tuple[dict[int, int], ...]) -> tuple[frozenset[int], ...]:
    passed: list[set[int]] = [set() for _ in distance]
    for source, target in train:
        passed[target].add(target)
        passed[target] |= {node for node in distance[source] if target in distance[node]}
    return tuple(map(frozenset, passed))


def _degrees(
    neighbors: tuple[tuple[int, ...], ...],
    distance: tuple[dict[int, int], ...],
    seen: tuple[frozenset[int], ...],
) -> tuple[dict[int, int], ...]:
    """0 where the source itself was seen, else one more than the least degree among its neighbors."""
    tables: list[dict[int, int]] = [{} for _ in neighbors]
    for node in reversed(range(1, len(neighbors))):
        for target in distance[node]:
            if node in seen[target]:
                tables[node][target] = 0
                continue
            below = [tables[one].get(target, 0) for one in neighbors[node] if _leads(distance, one, target)]
            tables[node][target] = min(1 + min(below), DEEPEST)
    return tuple(tables)


def _leads(distance: tuple[dict[int, int], ...], node: int, target: int) -> bool:
    return node == target or target in distance[node]
