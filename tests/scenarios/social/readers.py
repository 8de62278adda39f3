"""A policy that keeps all it was shown, for tests of what agents can and cannot know."""

from __future__ import annotations

from typing import Any

from lab.core.canonical import canonical
from lab.core.ports import Policy, PolicyContext
from lab.core.records import Decision, DecisionRequest


class Reader:
    """Decides as `policy` does and keeps each request with its rendering."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.requests: list[DecisionRequest] = []
        self.texts: list[str] = []

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        self.requests.append(request)
        self.texts.append("\n".join(segment.text for segment in ctx.render(request)))
        return self.policy.decide(request, ctx)

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        self.policy.observe(request, decision)

    @property
    def shown(self) -> str:
        """Every text and every observation, in one string."""
        return "\n".join([*self.texts, *(canonical(request.observation) for request in self.requests)])


class Fixed:
    """Answers each ask of a phase with the next of its values, whatever is asked; None is invalid."""

    def __init__(self, **values: list[Any]) -> None:
        self.values = {phase: iter(list(answers)) for phase, answers in values.items()}

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        return next(self.values[request.phase])

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        return
