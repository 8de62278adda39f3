"""The base of scripted policies: a rule whose options YAML sets and pydantic checks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from pydantic import BaseModel, ConfigDict

from lab.core.ports import PolicyContext
from lab.core.records import Decision, DecisionRequest


class ScriptedPolicy(BaseModel):
    """A rule in code. Its annotated fields are its options in YAML; one instance plays one agent.

    Define `decide` and, when the rule needs the past, keep what it needs in private attributes that
    `observe` or the requests rebuild: resume and replay run the policy again from the start.
    """

    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=False)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """A plain value of `request.space`."""
        raise NotImplementedError

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        """Take note of what this agent decided; called once for every decision, in order."""


def draws(ctx: PolicyContext) -> Callable[[], float]:
    """A source of keyed numbers in [0, 1), one after the other, as `Space.sample` takes it."""
    numbers = count()
    return lambda: ctx.uniform(draw=next(numbers))
