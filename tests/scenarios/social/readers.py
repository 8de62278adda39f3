"""Policies and a sink that keep what passes through them, for tests of who can know what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.core.canonical import canonical
from lab.core.captures import Captured, CaptureSource
from lab.core.ports import Batch, Policy, PolicyContext, Progress
from lab.core.records import Decision, DecisionRequest
from lab.core.rows import ArtifactRow, CallRow, ClaimRow, ExposureRow, HiddenRow


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


class Kept:
    """A sink that keeps what a world logs beside decisions and events."""

    def __init__(self) -> None:
        self.hidden: list[HiddenRow] = []
        self.claims: list[ClaimRow] = []
        self.exposures: list[ExposureRow] = []

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        self.hidden += map(HiddenRow._make, batch.hidden)
        self.claims += map(ClaimRow._make, batch.claims)
        self.exposures += map(ExposureRow._make, batch.exposures)

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        raise AssertionError("no policy here calls a model")

    def write_artifact(self, row: ArtifactRow) -> None:
        raise AssertionError("no policy here uses a model")

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        raise AssertionError("no policy here keeps activations")

    async def committed(self) -> None:
        return

    def truths(self, name: str) -> list[HiddenRow]:
        """The rows of one hidden variable, in order."""
        return [row for row in self.hidden if row.name == name]

    def shown(self) -> list[tuple[int, str, str]]:
        """(tick, agent, kind) of each exposure, in order."""
        return [(row.tick, row.agent, row.kind) for row in self.exposures]


class Fixed:
    """Answers each ask of a phase with the next of its values, whatever is asked; None is invalid."""

    def __init__(self, **values: list[Any]) -> None:
        self.values = {phase: iter(list(answers)) for phase, answers in values.items()}

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        return next(self.values[request.phase])

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        return
