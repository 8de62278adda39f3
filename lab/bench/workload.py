"""What the benchmarks run: twenty agents a step, and the nothing it is compared with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lab.core.captures import Captured, CaptureSource
from lab.core.ports import Batch, Play, PolicyContext, Progress, Seat, Sink
from lab.core.records import DecisionRequest, RunRecord, Segment
from lab.core.rows import ArtifactRow, CallRow
from lab.core.scripted import ScriptedPolicy
from lab.core.spaces import Choice
from lab.engine.calls import Calls, Journal
from lab.engine.conductor import Conductor, Limits, StopSignal
from lab.engine.ledger import NOTHING_RECORDED, Ledger, Recorded
from lab.engine.seats import Participant
from lab.engine.world import SimWorld
from scenarios.environment import Environment, Spec
from scenarios.look import Look

AGENTS = 20
SPACE = Choice("left", "right")


class StepParams(Spec):
    """How many steps, and whether each decision also leaves an event and an exposure."""

    steps: int = 50
    full: bool = True


class Steps(Environment[StepParams]):
    """Every agent chooses at every step; with `full`, an event and an exposure follow each."""

    Params = StepParams

    def play(self) -> Play:
        """Ask all, log all, next tick."""
        for step in range(self.params.steps):
            chosen = yield self.ask_all(self.agents, partial(_observe, step), SPACE, phase="choose")
            if self.params.full:
                for agent, decision in chosen.items():
                    self.emit("chose", agent=agent, decision=decision, value=1.0, step=step)
                    self.expose(agent, "step", step)
            yield self.wait(1)

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The observation as it is."""
        return (Segment("observation", str(request.observation)),)

    @classmethod
    def expected_decisions(cls, params: StepParams, n_agents: int) -> int:
        """One per agent and step."""
        return params.steps * n_agents


def _observe(step: int, agent: str) -> dict[str, object]:
    return {"step": step, "you": agent}


class Left(ScriptedPolicy):
    """Always left: a policy that costs nothing."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """Left."""
        return "left"


class Kept(Sink):
    """A sink that keeps batches in memory, so that the log can be measured by itself."""

    def __init__(self) -> None:
        self.batches: list[tuple[Batch, Progress]] = []

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        """Keep a batch."""
        self.batches.append((batch, progress))

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        """No model is called here."""
        raise NotImplementedError

    def write_artifact(self, row: ArtifactRow) -> None:
        """No model is used here."""
        raise NotImplementedError

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        """No activations are kept here."""
        raise NotImplementedError

    async def committed(self) -> None:
        """Nothing is ever durable here."""


def play_steps(
    params: StepParams, *, run: str = "bench", sink: Sink | None = None, recorded: Recorded = NOTHING_RECORDED
) -> Ledger:
    """One world of `AGENTS` agents played to its end."""
    names = tuple(f"agent-{number:02d}" for number in range(AGENTS))
    people = [Participant(name, None, place, Left()) for place, name in enumerate(names)]
    ledger = Ledger(run, sink, RunRecord(names, {}), recorded)
    world = SimWorld(seed=1, participants=people, ledger=ledger, max_ticks=params.steps + 1)
    seats = [Seat(name, None, None) for name in names]
    world.begin(Steps(params=params, seats=seats, world=world, look=Look()))
    conductor = Conductor(world, Calls(run, sink, Journal()), Limits(), StopSignal())
    asyncio.run(conductor.conduct())
    return ledger


def gather_nothing(steps: int) -> None:
    """`asyncio.gather` of `AGENTS` coroutines that do nothing, once a step: the yardstick."""

    async def nothing() -> str:
        return "left"

    async def run() -> None:
        for _ in range(steps):
            await asyncio.gather(*[nothing() for _ in range(AGENTS)])

    asyncio.run(run())


def cpu_s(work: Callable[[], Any]) -> float:
    """The CPU seconds of this process that `work` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start
