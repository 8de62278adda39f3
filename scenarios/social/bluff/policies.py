"""Scripted claimants and challengers of bluff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from lab.core.errors import RuleError
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy
from scenarios.social.bluff.dispositions import STRONG_SUM, Type, chance_to_claim_strong

Chance = Annotated[float, Field(ge=0, le=1)]


class Claimant(ScriptedPolicy):
    """Claims as its dealt type does: see `dispositions`."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``strong`` with the type's chance for this hand and stake."""
        chance = chance_to_claim_strong(
            _own_type(request), strong=_holds_strong(request), stake=request.observation["stake"]
        )
        return "strong" if ctx.uniform() < chance else "weak"


class Truthful(ScriptedPolicy):
    """Claims what the hand is, always; needs no type."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``strong`` exactly for a strong hand."""
        return "strong" if _holds_strong(request) else "weak"


class Caller(ScriptedPolicy):
    """Calls with chance `p`, whatever was claimed."""

    p: Chance = 0.5

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``call`` with chance `p`."""
        return "call" if ctx.uniform() < self.p else "fold"


class Believer(ScriptedPolicy):
    """Never calls: takes every claim as true."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``fold``."""
        return "fold"


class Skeptic(ScriptedPolicy):
    """Calls a strong claim as often as past calls at this stake found a bluff.

    The chance is (bluffs found + `prior_bluffs`) / (calls + `prior_calls`); the prior is what it expects
    before it called anything.
    """

    prior_bluffs: float = Field(default=1.0, gt=0)
    prior_calls: float = Field(default=2.0, gt=0)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """``fold`` to a weak claim, else ``call`` with the learned chance."""
        seen = request.observation
        calls = seen["claim"] == "strong" and ctx.uniform() < self.chance_of_bluff(seen)
        return "call" if calls else "fold"

    def chance_of_bluff(self, seen: Mapping[str, Any]) -> float:
        """How often a strong claim at the present stake was a bluff, as far as calls have shown."""
        called = [
            hand["won"]
            for hand in seen["past"]
            if (hand["claim"], hand["answer"], hand["stake"]) == ("strong", "call", seen["stake"])
        ]
        bluffs: int = sum(won < 0 for won in called)
        return (bluffs + self.prior_bluffs) / (len(called) + self.prior_calls)


def _holds_strong(request: DecisionRequest) -> bool:
    return bool(sum(request.observation["cards"]) >= STRONG_SUM)


def _own_type(request: DecisionRequest) -> Type:
    for tool in request.tools:
        if tool.name == "own_type":
            dealt: Type = tool.call()
            return dealt
    raise RuleError(
        f"policy 'claimant' plays by a dealt type, but agent '{request.agent}' has none: "
        "drop its params.type or set it to drawn, honest or bluffer"
    )
