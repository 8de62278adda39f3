"""Planners: breadth-first, A* and greedy best-first; equal input gives the equal plan."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import Literal

from scenarios.planning.strips.heuristics import ADMISSIBLE, Heuristic, HeuristicName, heuristic
from scenarios.planning.strips.model import Action, State, Task

DEFAULT_CAP = 100_000
"""How many states a search expands before it gives up: some seconds."""

Status = Literal["solved", "unsolvable", "unknown"]

Parents = dict[State, tuple[State, Action] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search found.

    Attributes:
        status: ``solved``; ``unsolvable`` when that is proved; ``unknown`` when the cap was reached.
        plan: the actions, or None.
        cost: of the plan, or None.
        optimal: whether no plan is cheaper (`solve_bfs`: shorter).
        expanded: the states whose successors were looked at.
    """

    status: Status
    plan: tuple[Action, ...] | None = None
    cost: int | None = None
    optimal: bool = False
    expanded: int = 0


def solve_bfs(task: Task, *, start: State | None = None, cap: int = DEFAULT_CAP) -> Search:
    """The shortest plan from `start` (the task's first state if None), whatever actions cost.

    Raises:
        TooManyActions: see `Task.grounding`.
    """
    first = task.init if start is None else start
    parents: Parents = {first: None}
    queue = deque([first])
    expanded = 0
    while queue:
        state = queue.popleft()
        if task.solved(state):
            return _solved(task, parents, state, expanded=expanded, optimal=True)
        if expanded == cap:
            return Search(status="unknown", expanded=expanded)
        expanded += 1
        for found in task.grounding.applicable(state):
            after = found.after(state)
            if after not in parents:
                parents[after] = (state, found.action)
                queue.append(after)
    return Search(status="unsolvable", expanded=expanded)


def solve_astar(
    task: Task, h: HeuristicName = "hmax", *, start: State | None = None, cap: int = DEFAULT_CAP
) -> Search:
    """The cheapest plan when `h` never says too much (``blind``, ``hmax``); else some plan, often a good one.

    Raises:
        TooManyActions: see `Task.grounding`.
    """
    return _best_first(task, h, start=start, cap=cap, greedily=False)


def greedy(
    task: Task, h: HeuristicName = "hadd", *, start: State | None = None, cap: int = DEFAULT_CAP
) -> Search:
    """Some plan, found by always going on from the state that seems nearest to the goal.

    Raises:
        TooManyActions: see `Task.grounding`.
    """
    return _best_first(task, h, start=start, cap=cap, greedily=True)


def _best_first(task: Task, h: HeuristicName, *, start: State | None, cap: int, greedily: bool) -> Search:
    first = task.init if start is None else start
    estimate = _remembered(heuristic(task, h))
    ticket = count()  # equal estimates: first come, first served
    cost = {first: 0}
    parents: Parents = {first: None}
    heap: list[tuple[float, float, int, int, State]] = []
    expanded = 0
    if estimate(first) < inf:
        heappush(heap, (estimate(first), estimate(first), next(ticket), 0, first))
    while heap:
        *_, paid, state = heappop(heap)
        if paid > cost[state]:
            continue
        if task.solved(state):
            return _solved(task, parents, state, expanded=expanded, optimal=not greedily and h in ADMISSIBLE)
        if expanded == cap:
            return Search(status="unknown", expanded=expanded)
        expanded += 1
        for found in task.grounding.applicable(state):
            after, total = found.after(state), paid + found.cost
            if total < cost.get(after, inf) and not (greedily and after in cost):
                cost[after] = total
                parents[after] = (state, found.action)
                if (far := estimate(after)) < inf:
                    heappush(heap, (far if greedily else total + far, far, next(ticket), total, after))
    return Search(status="unsolvable", expanded=expanded)


def _remembered(estimate: Heuristic) -> Heuristic:
    """The estimate, worked out once a state."""
    known: dict[State, float] = {}

    def remembered(state: State) -> float:
        if state not in known:
            known[state] = estimate(state)
        return known[state]

    return remembered


def _solved(task: Task, parents: Parents, state: State, *, expanded: int, optimal: bool) -> Search:
    plan: list[Action] = []
    at = state
    while (step := parents[at]) is not None:
        at, action = step
        plan.append(action)
    plan.reverse()
    cost = 0
    for action in plan:
        outcome = task.step(at, action)
        at, cost = outcome.state, cost + outcome.cost
    return Search(status="solved", plan=tuple(plan), cost=cost, optimal=optimal, expanded=expanded)
