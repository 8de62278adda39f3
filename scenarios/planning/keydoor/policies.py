"""Scripted walkers of the maze. They know its rules and see what any agent sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy
from scenarios.planning.keydoor.maze import PASSAGES, step_toward

Chance = Annotated[float, Field(ge=0, le=1)]


def best_move(seen: Mapping[str, Any]) -> str:
    """The optimal policy's move: toward the right key, then the goal; of equals the first in the alphabet."""
    key = seen["keys"][seen["door"]]
    return step_toward(seen["visited"][-1], seen["goal"] if key in seen["visited"] else key)


class Optimal(ScriptedPolicy):
    """Walks a shortest route, always the same one."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """Toward the right key, then toward the goal."""
        return best_move(request.observation)


class Noisy(ScriptedPolicy):
    """Walks as `Optimal` does, but with chance `noise` through any passage."""

    noise: Chance = 0.1

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The best move, or a drawn one."""
        if ctx.uniform("slip") < self.noise:
            return _any_passage(request, ctx)
        return best_move(request.observation)


class GreedyGoal(ScriptedPolicy):
    """Forgets the key: goes straight to the goal, and strays when that does not end the route."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """Toward the goal; from there through any passage."""
        here, goal = request.observation["visited"][-1], request.observation["goal"]
        return _any_passage(request, ctx) if here == goal else step_toward(here, goal)


class Random(ScriptedPolicy):
    """Goes through any passage."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """One of them, all equally likely."""
        return _any_passage(request, ctx)


def _any_passage(request: DecisionRequest, ctx: PolicyContext) -> str:
    ways = PASSAGES[request.observation["visited"][-1]]
    return ways[int(len(ways) * ctx.uniform())]
