"""Scripted walkers: each knows the graph in its own way, through the tools that the world lends."""

from __future__ import annotations

from typing import Any

from lab.core.errors import RuleError
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy


class Walker(ScriptedPolicy):
    """Draws among the neighbors that can still reach the target, as ALPINE's training paths were drawn."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """One of them, all equally likely."""
        return _drawn(_known(request, "ways"), ctx)


class Ideal(ScriptedPolicy):
    """Knows the whole graph, and takes the first neighbor on a shortest path."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The lowest node that is nearest to the target."""
        return _known(request, "nearest_ways")[0]


class Observed(ScriptedPolicy):
    """Draws among the neighbors that training paths to the target pass; where none is, among all.

    ALPINE's algorithm with A_obs and R_obs in place of the truth: what next-word training can learn at best
    (arXiv 2405.09220, §4).
    """

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """One of them, all equally likely."""
        return _drawn(_known(request, "seen_ways") or _known(request, "edges"), ctx)


class Random(ScriptedPolicy):
    """Draws among all neighbors, wherever they lead."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """One of them, all equally likely."""
        return _drawn(_known(request, "edges"), ctx)


def _drawn(nodes: list[str], ctx: PolicyContext) -> str:
    return nodes[int(len(nodes) * ctx.uniform())]


def _known(request: DecisionRequest, tool: str) -> list[str]:
    for one in request.tools:
        if one.name == tool:
            found: list[Any] = one.call()
            return found
    raise RuleError(f"agent '{request.agent}' is lent no tool '{tool}': only a scripted agent of path is")
