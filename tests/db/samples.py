"""Small logs for the tests of this folder: runs of two agents who choose, pay, speak and claim."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from db.owners import Owner
from db.recorder import Recorder
from db.runs import AgentRow, Claimed, RunPlan, claim
from db.store import Store
from lab.core.canonical import canonical, content_hash
from lab.core.chain import GENESIS, NOTHING_MIXED, link, mix
from lab.core.ports import Batch, Progress
from lab.core.records import RunStatus
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

SPACE = Choice("left", "right")
DEAD = Owner("another-host", "boot", 1, 1)
ROWS_PER_INSTANT = 4


def plan(run_id: str = "aaaaaaaaaaaa", **changes: Any) -> RunPlan:
    """A planned run of two agents."""
    agents = tuple(
        AgentRow(name, position, None, None, None, "scripted", "uniform", "{}", None, "{}", None)
        for position, name in enumerate(("ann", "bob"))
    )
    base = RunPlan(
        id=run_id,
        study=None,
        name="sides",
        environment="social/sides",
        environment_version=1,
        family="social",
        scenario_text=canonical({"name": "sides", "params": {"rounds": 3}}),
        scenario_hash=content_hash("sides"),
        cell=None,
        cell_index=None,
        replicate=None,
        seed=7,
        factors="{}",
        params=(),
        agents=agents,
        look="{}",
        code_hash="c0de",
    )
    return replace(base, **changes)


class Writer:
    """Writes one run's instants, four chained rows each: shown, decided, paid, said."""

    def __init__(self, recorder: Recorder, run: str) -> None:
        self.recorder = recorder
        self.run = run
        self.head = GENESIS
        self.rows = self.decisions = self.invalid = self.unchained = 0
        self.unchained_hash = NOTHING_MIXED

    def instant(self, tick: int, *, action: str | None = "left", payoff: float = 2.0) -> None:
        """One decision of ann with what surrounds it."""
        batch = Batch()
        first = self.rows + 1
        decided = first + 1
        observation, words = canonical({"tick": tick, "run": self.run}), f"hello {tick}"
        batch.texts = {content_hash(observation): observation, SPACE.text_hash: SPACE.text}
        batch.texts[content_hash(words)] = words
        shown = (first, tick, "ann", "card", "ace", None, decided, None)
        batch.exposures.append(ExposureRow(self.run, *shown, self._link("exposure", shown)))
        status = "ok" if action else "invalid"
        args = "{}" if action else None
        made = (decided, tick, tick, "ann", "choose", content_hash(observation), SPACE.text_hash)
        decision = (*made, None, action, args, status)
        batch.decisions.append(DecisionRow(self.run, *decision, self._link("decision", decision)))
        paid = (first + 2, tick, "payoff", "ann", None, decided, payoff, None, None)
        batch.events.append(EventRow(self.run, *paid, self._link("event", paid)))
        said = (first + 3, tick, "message", "ann", "bob", decided, None, '{"loud":true}', content_hash(words))
        batch.events.append(EventRow(self.run, *said, self._link("event", said)))
        self._add_truths(batch, decided)
        self.decisions += 1
        self.invalid += action is None
        self.recorder.write(self.run, batch, self.progress(tick))

    def progress(self, tick: int) -> Progress:
        """Where the run stands."""
        counts = (self.decisions, self.invalid, self.unchained)
        return Progress(self.head, self.rows, tick, *counts, self.unchained_hash)

    def measure(self, name: str, value: float | None, agent: str = "", reason: str | None = None) -> None:
        """One number of the run."""
        batch = Batch()
        row = MeasureRow(self.run, agent, name, value, reason)
        batch.measures.append(row)
        self._mix("measure", row)
        self.recorder.write(self.run, batch, self.progress(9))

    def _link(self, table: str, columns: tuple[Any, ...]) -> str:
        self.head = link(self.head, table, columns)
        self.rows += 1
        return self.head

    def _add_truths(self, batch: Batch, seq: int) -> None:
        batch.hidden.append(HiddenRow(self.run, seq, "ann", "type", "type", '"x"', None, 0.5, "bayes", 0))
        batch.claims.append(ClaimRow(self.run, seq, "ann", "card", "1", "2", "2"))
        for table, row in (("hidden", batch.hidden[0]), ("claim_act", batch.claims[0])):
            self._mix(table, row)

    def _mix(self, table: str, row: tuple[Any, ...]) -> None:
        self.unchained_hash = mix(self.unchained_hash, table, row[1:])
        self.unchained += 1


def begin(store: Store, planned: RunPlan, owner: Owner | None = None) -> Claimed:
    """Claim one run."""
    (claimed,) = claim(store, [planned], owner or Owner.this_process(), take=1)
    return claimed


def write_run(store: Store, planned: RunPlan, *, instants: int = 3, done: bool = True) -> Writer:
    """A whole run in the log."""
    claimed = begin(store, planned)
    with Recorder(store) as recorder:
        writer = Writer(recorder, planned.id)
        for tick in range(instants):
            writer.instant(tick, action="left" if tick != 1 else None)
        writer.measure("share", 0.5)
        writer.measure("share", None, agent="ann", reason="never asked")
        if done:
            recorder.finish(
                planned.id, claimed.attempt, status=RunStatus.DONE, digest=writer.head, wall_s=1.5
            )
    return writer


def call_row(run: str, seq: int = 2, call: int = 0, try_: int = 0, **changes: Any) -> CallRow:
    """A model call with a reply."""
    row = CallRow(
        run=run,
        seq=seq,
        call=call,
        attempt=0,
        try_=try_,
        agent="ann",
        tick=0,
        phase="choose",
        ask=0,
        node="act#0",
        model="mock/first",
        request_hash=content_hash("ask"),
        request=content_hash("ask"),
        reply=content_hash("left"),
        reasoning=None,
        finish="stop",
        seed=3,
        tokens_in=10,
        tokens_out=2,
        cost_usd=0.25,
        latency_s=0.5,
        facts=None,
        error=None,
    )
    return row._replace(**changes)


CALL_TEXTS = {content_hash("ask"): "ask", content_hash("left"): "left"}
QWEN = ArtifactRow(content_hash("qwen"), "local", "qwen", "f1", '{"dtype":"float32"}', "{}")
