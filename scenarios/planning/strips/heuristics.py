"""Estimates of the cost to the goal: blind, goal count, and the delete relaxation's hmax and hadd."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from math import inf
from typing import Literal

from scenarios.planning.strips.model import Condition, GroundAction, State, Task

Heuristic = Callable[[State], float]
"""The estimated cost to the goal; infinity when the goal is out of reach for certain."""

HeuristicName = Literal["blind", "goal_count", "hmax", "hadd"]

ADMISSIBLE = ("blind", "hmax")
"""The estimates that are never above the true cost."""


def heuristic(task: Task, name: HeuristicName) -> Heuristic:
    """The named estimate for `task`.

    ``blind`` is 0; ``goal_count`` the goal conditions not met; ``hmax`` and ``hadd`` the cost of the dearest
    goal condition and the sum over them, when nothing that was once true is ever undone (Bonet & Geffner,
    Planning as heuristic search, 2001). ``hmax`` is never above the true cost.
    """
    if name == "blind":
        return lambda state: 0
    if name == "goal_count":
        return lambda state: sum(not condition.met(state) for condition in task.goal)
    return _Relaxed(task, max if name == "hmax" else sum)


class _Relaxed:
    """Costs of facts without deletes, facts being numbered.

    That an atom is false is a fact of its own where some condition asks for it.
    """

    def __init__(self, task: Task, combine: Callable[[Iterable[float]], float]) -> None:
        self.combine = combine
        self.fact: dict[Condition, int] = {}
        actions = task.grounding.actions
        self.goal = [self._number(condition) for condition in dict.fromkeys(task.goal)]
        self.needs = [[self._number(c) for c in dict.fromkeys(action.conditions)] for action in actions]
        self.false = {c.atom: number for c, number in self.fact.items() if not c.holds}
        self.gives = [self._given(action) for action in actions]
        self.true = {c.atom: number for c, number in self.fact.items() if c.holds}
        self.costs = [action.cost for action in actions]
        self.users: list[list[int]] = [[] for _ in self.fact]
        for index, needs in enumerate(self.needs):
            for number in needs:
                self.users[number].append(index)

    def __call__(self, state: State) -> float:
        cost = self._reach(state)
        return self._total([cost[number] for number in self.goal])

    def _number(self, condition: Condition) -> int:
        return self.fact.setdefault(condition, len(self.fact))

    def _given(self, action: GroundAction) -> list[int]:
        dropped = sorted((action.delete - action.add) & self.false.keys())
        return [self._number(Condition(atom)) for atom in sorted(action.add)] + [
            self.false[atom] for atom in dropped
        ]

    def _reach(self, state: State) -> list[float]:
        """The least cost of every fact from `state` on, by Dijkstra's algorithm over facts."""
        cost = [inf] * len(self.fact)
        first = [self.true[atom] for atom in state if atom in self.true]
        first += [number for atom, number in self.false.items() if atom not in state]
        for number in first:
            cost[number] = 0
        heap = [(0.0, number) for number in sorted(first)]
        missing = [len(needs) for needs in self.needs]
        for index, left in enumerate(missing):
            if not left:
                self._give(index, cost, heap)
        while heap:
            paid, number = heappop(heap)
            if paid > cost[number]:
                continue
            for index in self.users[number]:
                missing[index] -= 1
                if not missing[index]:
                    self._give(index, cost, heap)
        return cost

    def _give(self, index: int, cost: list[float], heap: list[tuple[float, int]]) -> None:
        total = self.costs[index] + self._total([cost[number] for number in self.needs[index]])
        for number in self.gives[index]:
            if total < cost[number]:
                cost[number] = total
                heappush(heap, (total, number))

    def _total(self, costs: list[float]) -> float:
        return self.combine(costs) if costs else 0
