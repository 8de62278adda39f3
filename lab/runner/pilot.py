"""One run of a scenario with stand-ins for its models, in memory: its calls, and how long prompts are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lab.analysis.plan import CallUse, Pilot
from lab.core.canonical import parse
from lab.core.captures import Captured, CaptureSource
from lab.core.ports import Batch, Progress
from lab.core.records import FINISHED
from lab.core.rows import ArtifactRow, CallRow
from lab.engine.conductor import StopSignal
from lab.runner.compose import compose
from lab.runner.loop import run_now
from lab.runner.rehearsal import rehearsed
from scenarios.spec import Scenario

LONGEST_S = 5.0
"""A pilot is cut short after so many seconds."""


def pilot(scenario: Scenario) -> Pilot:
    """What one run of `scenario` takes under its own seed; nothing is logged and no model is asked."""
    limits = scenario.limits.model_copy(update={"wall_s": LONGEST_S})
    tried = rehearsed(scenario.model_copy(update={"limits": limits}))
    gauge = _Gauge()
    composed = compose(tried, run="pilot", sink=gauge, stop=StopSignal())
    outcome = run_now(composed.conductor.conduct())
    return Pilot(gauge.decisions, gauge.uses(), whole=outcome.status in FINISHED)


@dataclass(slots=True)
class _Sizes:
    """The sizes of one agent's calls so far."""

    calls: int = 0
    prompt_chars: int = 0
    reply_chars: int = 0
    own_replies: int = 0
    answers: int = 0


class _Gauge:
    """A sink that keeps sizes and nothing else."""

    def __init__(self) -> None:
        self.decisions = 0
        self._sizes: dict[str, _Sizes] = {}

    def uses(self) -> tuple[CallUse, ...]:
        """What every agent's calls took."""
        return tuple(
            CallUse(agent, one.calls, one.prompt_chars, one.reply_chars, one.own_replies, one.answers)
            for agent, one in self._sizes.items()
        )

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        self.decisions = progress.decisions

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        messages = parse(texts[row.request])["messages"]
        sizes = self._sizes.setdefault(row.agent, _Sizes())
        sizes.calls += 1
        sizes.prompt_chars += sum(len(message["content"]) for message in messages)
        sizes.own_replies += sum(message["role"] == "assistant" for message in messages)
        sizes.reply_chars += len(texts[row.reply]) if row.reply else 0
        sizes.answers += row.parsed is not None

    def write_artifact(self, row: ArtifactRow) -> None:
        """Stand-ins are no artifacts worth keeping."""

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        """Stand-ins have no activations."""

    async def committed(self) -> None:
        """Nothing is written anywhere."""
