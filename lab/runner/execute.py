"""One run from its claim to its end: composed, conducted, finished; its failure contained."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from sysconfig import get_path
from time import monotonic

from agents.catalog import Catalog
from agents.models.pool import ModelPool
from db.reading import chain_hashes, describe_row, recorded_calls
from db.recorder import Recorder
from db.runs import Claimed, beat
from db.store import Store
from lab.core.canonical import parse
from lab.core.errors import ChainError, LabError, StoreError
from lab.core.records import FINISHED, RunStatus
from lab.engine.calls import Journal, recorded_call
from lab.engine.conductor import Outcome, StopSignal
from lab.engine.ledger import Recorded
from lab.runner.compose import Composed, Past, Turn, compose
from lab.runner.probe_files import scenario_at_hand, turns_at_hand
from scenarios.spec import Scenario

_ROOT = Path(__file__).resolve().parents[2]
_KNOWN = (*(f"{_ROOT / name}{os.sep}" for name in ("lab", "agents", "db", "scenarios")), get_path("stdlib"))


HEARTBEAT_S = 30.0
"""Seconds between signs of life; a process on another machine counts as dead after four of them."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one execution of a run ended."""

    run: str
    status: RunStatus
    digest: str | None
    error: str | None = None


@dataclass(slots=True)
class Execution:
    """Where runs are executed: the log, its recorder, and the signal that stops them."""

    store: Store
    recorder: Recorder
    stop: StopSignal
    models: ModelPool = field(default_factory=ModelPool)
    running: set[str] = field(default_factory=set)

    async def run(self, claimed: Claimed, *, past: Past | None = None, turns: Sequence[Turn] = ()) -> Ended:
        """Execute a claimed run to its end; whatever goes wrong in it is its own failure.

        Raises:
            StoreError: when the log itself cannot be written; nothing can go on then.
        """
        started = monotonic()
        trace: str | None = None
        composed: Composed | None = None
        self.running.add(claimed.plan.id)
        try:
            composed = self._compose(claimed, past, turns)
            ended = await self._conduct(claimed, composed)
        except ChainError as error:
            ended = Ended(claimed.plan.id, RunStatus.FAILED, None, str(error))
        except StoreError:
            raise
        except (asyncio.CancelledError, KeyboardInterrupt):
            self.running.discard(claimed.plan.id)
            self.release(claimed)
            raise
        except (Exception, SystemExit, GeneratorExit) as error:  # noqa: BLE001  it must not end the others
            ended = Ended(claimed.plan.id, RunStatus.FAILED, None, short(error))
            trace = traceback.format_exc()
        self.running.discard(claimed.plan.id)
        self.recorder.finish(
            claimed.plan.id,
            claimed.attempt,
            status=ended.status,
            digest=ended.digest,
            wall_s=monotonic() - started,
            error=ended.error,
            trace=trace,
            notes=composed.calls.notes if composed else (),
        )
        return ended

    async def keep_alive(self) -> None:
        """Give signs of life for the runs in hand, until cancelled: a model may take long to reply."""
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            if self.running:
                beat(self.store, self.running)

    def release(self, claimed: Claimed) -> None:
        """Give a claimed run back unexecuted, for the next call to continue."""
        self.recorder.finish(
            claimed.plan.id, claimed.attempt, status=RunStatus.STOPPED, digest=None, wall_s=0.0
        )

    def _compose(self, claimed: Claimed, past: Past | None, turns: Sequence[Turn]) -> Composed:
        scenario = scenario_at_hand(self.store, Scenario.from_json(parse(claimed.plan.scenario_text)))
        return compose(
            scenario,
            run=claimed.plan.id,
            sink=self.recorder,
            stop=self.stop,
            past=past or own_past(self.store, claimed),
            turns=turns_at_hand(self.store, turns),
            catalog=Catalog(self.models),
        )

    async def _conduct(self, claimed: Claimed, composed: Composed) -> Ended:
        outcome: Outcome = await composed.conductor.conduct()
        digest = composed.ledger.head if outcome.status in FINISHED else None
        return Ended(claimed.plan.id, outcome.status, digest, outcome.reason)


def own_past(store: Store, claimed: Claimed) -> Past | None:
    """What the log holds of a run that an earlier attempt began.

    Raises:
        ChainError: when rows are missing from the log.
    """
    run = claimed.plan.id
    if claimed.fresh:
        return None
    hashes = chain_hashes(store, run)
    if len(hashes) != claimed.rows:
        raise ChainError(f"run {run}: the log holds {len(hashes)} rows where it noted {claimed.rows}")
    journal = journal_of(store, run, decided_to=len(hashes))
    recorded = Recorded(hashes, len(hashes), lambda index: describe_row(store, run, index))
    return Past(recorded, journal)


def journal_of(
    store: Store, *runs: str, decided_to: int = 0, closed: bool = False, live_from: int | None = None
) -> Journal:
    """The recorded model calls of one or more runs, ready to answer."""
    calls = [recorded_call(row, texts) for run in runs for row, texts in recorded_calls(store, run)]
    return Journal(calls, decided_to=decided_to, closed=closed, live_from=live_from)


def short(error: BaseException) -> str:
    """An exception in one line, the lab's own in its own words, with the place in a user's code if any."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not _is_known(frame.filename)]
    if isinstance(error, LabError):
        return f"{error} ({_place(theirs[-1])})" if theirs else str(error)
    return f"{type(error).__name__}: {error} ({_place((theirs or frames)[-1])})"


def _is_known(file: str) -> bool:
    """Whether a file is code of the lab, of the standard library or of an installed package."""
    return file.startswith((*_KNOWN, "<")) or "site-packages" in file


def _place(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno}"
