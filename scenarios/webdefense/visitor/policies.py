"""Scripted visitors."""

from __future__ import annotations

from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy, draws
from scenarios.dealt import own_type
from scenarios.webdefense.visitor.dispositions import NOISE, THRESHOLD, TYPES, rule, suspicion_after


class TypedVisitor(ScriptedPolicy):
    """Slows down and stops as its dealt type does: see `dispositions`."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """What the type does at the present suspicion; with chance .03 anything."""
        draw = draws(ctx)
        if draw() < NOISE:
            return str(request.space.sample(draw))
        seen = request.observation
        suspicion = suspicion_after([*(step["answer"] for step in seen["past"]), seen["answer"]])
        return rule(THRESHOLD[own_type(request, "visitor", TYPES)], suspicion)


class Eager(ScriptedPolicy):
    """Goes on, whatever the site answers; needs no type."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``go``."""
        return "go"


class Random(ScriptedPolicy):
    """Anything, all equally likely."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """One of the three."""
        return str(request.space.sample(draws(ctx)))
