"""The recorder: rows of many runs, written together.

Rows wait in memory until enough have gathered, some time has passed or somebody needs them durable; then one
transaction writes them all and moves the runs' counters with them. A killed process leaves either all rows of
a transaction or none, so a run's counters always fit its rows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Table

from db import tables
from db.captures import Captures, Shards
from db.owners import wall_clock
from db.runs import Ending, write_endings
from db.store import Store
from lab.core.captures import Captured, CaptureSource
from lab.core.errors import StoreError
from lab.core.ports import Batch, Progress
from lab.core.records import RunStatus
from lab.core.rows import ArtifactRow, CallRow

ROWS_MAX = 5_000
WAIT_S = 0.5
KNOWN_TEXTS = 16_384


class KnownTexts:
    """The content addresses used of late; memory is bounded by dropping the older of two generations."""

    def __init__(self, size: int = KNOWN_TEXTS) -> None:
        self._size = size
        self._young: set[str] = set()
        self._old: set[str] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._young or key in self._old

    def add(self, keys: Iterable[str]) -> None:
        """Remember texts that the database now holds."""
        self._young.update(keys)
        if len(self._young) >= self._size:
            self._old, self._young = self._young, set()


class Recorder:
    """The `lab.core.ports.Sink` that writes to a database. One thread uses it.

    Args:
        store: where rows go.
        rows_max: rows that gather before they are written unasked.
        wait_s: seconds after which waiting rows are written with the next.
        clock: seconds, never going back.
        shards: what writes activations into files; by default into the log's folder of captures.
    """

    def __init__(
        self,
        store: Store,
        *,
        rows_max: int = ROWS_MAX,
        wait_s: float = WAIT_S,
        clock: Callable[[], float] = time.monotonic,
        shards: Shards | None = None,
    ) -> None:
        self._store = store
        self._captures = Captures(store, shards=shards)
        self._rows_max = rows_max
        self._wait_s = wait_s
        self._clock = clock
        self._known = KnownTexts()
        self._group: asyncio.Task[None] | None = None
        self._forget_rows()

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        """Take a batch; it is durable after the next `flush` or `committed`.

        Raises:
            StoreError: when it was time to write and the database could not.
        """
        self._decisions += batch.decisions
        self._events += batch.events
        self._exposures += batch.exposures
        self._hidden += batch.hidden
        self._claims += batch.claims
        self._measures += batch.measures
        self._progress[run] = progress
        self._take_texts(batch.texts)
        self._grow(len(batch.decisions) + len(batch.events) + len(batch.exposures) + len(batch.measures))

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        """Take a model call; its tokens and price are added to the run's.

        Raises:
            StoreError: when it was time to write and the database could not.
        """
        self._calls.append(row)
        self._take_texts(texts)
        self._grow(1)

    def write_artifact(self, row: ArtifactRow) -> None:
        """Take a model as it was used; a known one is written once.

        Raises:
            StoreError: when it was time to write and the database could not.
        """
        self._artifacts.append(row)
        self._grow(1)

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        """Take what was kept of an answer's activations; durable when its run ends, or after `seal`.

        Never writes to the database at once: a capture must not be there before its model call.

        Raises:
            UsageError: when nothing says where captures of this log lie.
            StoreError: when a shard was due and could not be written.
        """
        self._captures.take(source, captured)
        self._note(1)

    def finish(
        self,
        run: str,
        attempt: int,
        *,
        status: RunStatus,
        digest: str | None,
        wall_s: float,
        error: str | None = None,
        trace: str | None = None,
        notes: Sequence[str] = (),
    ) -> None:
        """End an attempt in the transaction that writes the run's last rows; see `Ending`."""
        self._endings.append(Ending(run, attempt, status, digest, wall_s, error, trace, tuple(notes)))
        self._grow(1)

    async def committed(self) -> None:
        """Return when everything taken so far is durable; who waits in one turn of the loop shares a commit.

        Raises:
            StoreError: when the database could not be written.
        """
        if not self._count:
            return
        if self._group is None:
            self._group = asyncio.create_task(self._commit_group())
        await asyncio.shield(self._group)

    def flush(self) -> None:
        """Write everything taken so far in one transaction.

        Raises:
            StoreError: when the database could not be written; the rows stay here.
        """
        if not self._count:
            return
        self._captures.seal({ending.run for ending in self._endings})
        with self._store.writing() as connection:
            self._write_rows(connection)
            self._captures.insert(connection)
            self._write_counters(connection)
            if self._endings:
                write_endings(connection, self._endings, mark=self._store.mark)
        self._known.add(self._texts)
        self._captures.forget()
        self._forget_rows()

    def seal(self) -> None:
        """Write everything taken so far, captures of runs that go on included.

        Raises:
            StoreError: when a shard or the database could not be written; the rows stay here.
        """
        if self._captures.seal():
            self._note(1)
        self.flush()

    def __enter__(self) -> Recorder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what is left, unless writing is what failed."""
        if not isinstance(error, StoreError):
            self.seal()

    # --- inside -----------------------------------------------------------------------------------

    async def _commit_group(self) -> None:
        self._group = None
        self.flush()

    def _take_texts(self, texts: Mapping[str, str]) -> None:
        known = self._known
        for key, text in texts.items():
            if key not in known:
                self._texts[key] = text

    def _note(self, rows: int) -> None:
        if not self._count:
            self._first = self._clock()
        self._count += max(rows, 1)

    def _grow(self, rows: int) -> None:
        self._note(rows)
        if self._count >= self._rows_max or self._clock() - self._first >= self._wait_s:
            self.flush()

    def _forget_rows(self) -> None:
        self._count = 0
        self._first = 0.0
        self._decisions: list[Any] = []
        self._events: list[Any] = []
        self._exposures: list[Any] = []
        self._hidden: list[Any] = []
        self._claims: list[Any] = []
        self._measures: list[Any] = []
        self._calls: list[CallRow] = []
        self._artifacts: list[ArtifactRow] = []
        self._texts: dict[str, str] = {}
        self._progress: dict[str, Progress] = {}
        self._endings: list[Ending] = []

    def _write_rows(self, connection: Connection) -> None:
        """Insert every row; a continued run may hand on again the claims and measures it had written."""
        self._insert(connection, tables.text, list(self._texts.items()), skip_known=True)
        self._insert(connection, tables.decision, self._decisions)
        self._insert(connection, tables.event, self._events)
        self._insert(connection, tables.exposure, self._exposures)
        self._insert(connection, tables.hidden, self._hidden)
        self._insert(connection, tables.claim_act, self._claims, skip_known=True)
        self._insert(connection, tables.model_artifact, self._artifacts, skip_known=True)
        self._insert(connection, tables.model_call, self._calls)
        self._insert(connection, tables.measure, self._measures, skip_known=True)

    def _insert(
        self, connection: Connection, table: Table, rows: list[Any], *, skip_known: bool = False
    ) -> None:
        if rows:
            statement = tables.insert_sql(table, self._store.mark, skip_known=skip_known)
            connection.exec_driver_sql(statement, rows)

    def _write_counters(self, connection: Connection) -> None:
        mark, now = self._store.mark, wall_clock()
        if self._progress:
            names = (
                "head",
                "rows",
                "ticks",
                "decisions",
                "invalid",
                "unchained",
                "unchained_hash",
                "heartbeat",
            )
            changes = ", ".join(f"{name} = {mark}" for name in names)
            rows = [(*progress, now, run) for run, progress in self._progress.items()]
            connection.exec_driver_sql(f"UPDATE run SET {changes} WHERE id = {mark}", rows)
        if self._calls:
            changes = f"tokens = tokens + {mark}, cost_usd = cost_usd + {mark}, heartbeat = {mark}"
            spent = [(_tokens(call), _cost(call), now, call.run) for call in self._calls]
            connection.exec_driver_sql(f"UPDATE run SET {changes} WHERE id = {mark}", spent)


def _tokens(call: CallRow) -> int:
    return (call.tokens_in or 0) + (call.tokens_out or 0)


def _cost(call: CallRow) -> float | None:
    """The price of a call; a failed try costs nothing that we know of, an unpriced reply makes it unknown."""
    return 0.0 if call.error is not None else call.cost_usd
