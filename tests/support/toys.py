"""Toy games, policies, a model and a sink: as small as a test of the engine can have them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

from lab.core.calls import ModelFailure, ModelReply, ModelRequest
from lab.core.captures import Captured, CaptureSource
from lab.core.ports import Batch, PerAgent, Play, PolicyContext, Progress
from lab.core.records import Decision, DecisionRequest, MeasureSpec, Segment, TruthSpec
from lab.core.rows import (
    ArtifactRow,
    CallRow,
    ClaimRow,
    DecisionRow,
    EventRow,
    ExposureRow,
    HiddenRow,
    MeasureRow,
)
from lab.core.spaces import Choice
from lab.engine.ledger import Recorded
from scenarios.environment import Environment, NoParams

AB = Choice("a", "b")

Game = type[Environment[Any]]
Toy = Environment[NoParams]
"""What the play function of a toy game takes."""


def game(
    play: Callable[[Any], Play],
    *,
    truth: Mapping[str, TruthSpec] | None = None,
    measures: Sequence[MeasureSpec] = (),
) -> Game:
    """A game with the rules of `play`; its renderer says the observation."""

    class Toy(Environment[NoParams]):
        def play(self) -> Play:
            return play(self)

        def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
            return (Segment("observation", str(dict(request.observation))),)

    Toy.truth = truth or {}
    Toy.measures = tuple(measures)
    return Toy


def same(value: Any) -> PerAgent:
    """The same for every agent."""
    return lambda name: value


def rounds(n_rounds: int) -> Game:
    """Everybody chooses between a and b, once a tick."""

    def play(world: Toy) -> Play:
        for number in range(n_rounds):
            yield world.ask_all(world.agents, same({"round": number}), AB, phase="choose")
            yield world.wait(1)

    return game(play)


class Says:
    """Says the given values in turn, over and over; keeps what it was asked and told."""

    def __init__(self, *values: Any) -> None:
        self._values = cycle(values or ("a",))
        self.asked: list[DecisionRequest] = []
        self.told: list[Decision] = []

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        self.asked.append(request)
        return next(self._values)

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        self.told.append(decision)


class SaysLater(Says):
    """Says its values after so many turns of the event loop, cycling through `turns`."""

    def __init__(self, *values: Any, turns: Iterable[int] = (1,)) -> None:
        super().__init__(*values)
        self._turns = cycle(turns)

    async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        value = super().decide(request, ctx)
        for _ in range(next(self._turns)):
            await asyncio.sleep(0)
        return value


class Draws(Says):
    """A keyed choice between a and b."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        self.asked.append(request)
        return request.space.sample(lambda: ctx.uniform())


class FakeModel:
    """Answers every request by a function of it; keeps what it was asked."""

    def __init__(self, answer: Callable[[ModelRequest], ModelReply | ModelFailure] | None = None) -> None:
        self._answer = answer or (lambda request: ModelReply("a"))
        self.asked: list[ModelRequest] = []

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        self.asked += requests
        await asyncio.sleep(0)
        return [self._answer(request) for request in requests]


class AsksModel(Says):
    """Calls a model once for each of `nodes` and says what the last reply said."""

    def __init__(self, model: FakeModel, *nodes: str, temperature: float = 1.0) -> None:
        super().__init__()
        self._model = model
        self._nodes = nodes or ("act",)
        self._temperature = temperature

    async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        self.asked.append(request)
        said = ""
        for node in self._nodes:
            reply = await ctx.complete(self._model, self.prompt(request, said), node)
            said = reply.text
        return said

    def prompt(self, request: DecisionRequest, said: str) -> ModelRequest:
        """What the model is asked; holds all that the agent knows."""
        words = f"{request.agent} {dict(request.observation)} {request.problem} {said}"
        message = {"role": "user", "content": words}
        return ModelRequest("fake/toy", (message,), {"temperature": self._temperature})


ROWS: Mapping[str, Callable[..., Any]] = {
    "decisions": DecisionRow,
    "events": EventRow,
    "exposures": ExposureRow,
    "hidden": HiddenRow,
    "claims": ClaimRow,
    "measures": MeasureRow,
}


class FakeSink:
    """Keeps rows in memory and notes the order of what happened."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.batches: list[Batch] = []
        self.progress: list[Progress] = []
        self.calls: list[CallRow] = []
        self.captured: list[tuple[CaptureSource, Captured]] = []
        self.artifacts: list[ArtifactRow] = []
        self.texts: dict[str, str] = {}

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        self.notes.append("batch")
        self.batches.append(batch)
        self.progress.append(progress)
        self.texts.update(batch.texts)

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        self.notes.append("call")
        self.calls.append(row)
        self.texts.update(texts)

    def write_artifact(self, row: ArtifactRow) -> None:
        self.notes.append("artifact")
        self.artifacts.append(row)

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        self.notes.append("captured")
        self.captured.append((source, captured))

    async def committed(self) -> None:
        await asyncio.sleep(0)
        self.notes.append("committed")

    def rows(self, table: str) -> list[Any]:
        """All rows of a table, as `Batch` names it."""
        return [row for rows in self.instants(table) for row in rows]

    def instants(self, table: str) -> list[list[Any]]:
        """The rows of a table, batch by batch."""
        return [[ROWS[table](*row) for row in getattr(batch, table)] for batch in self.batches]

    def chained(self) -> list[Any]:
        """The chained rows in the order of their numbers."""
        rows = self.rows("decisions") + self.rows("events") + self.rows("exposures")
        return sorted(rows, key=lambda row: int(row.seq))

    def recorded(self, *, batches: int | None = None, complete: bool = False) -> Recorded:
        """What a log holds that was killed after so many batches."""
        part = FakeSink()
        part.batches = self.batches[:batches]
        hashes = [row.hash for row in part.chained()]
        return Recorded(hashes, len(hashes), lambda index: str(part.chained()[index]), complete)
