"""Captures on their way into the log: rows gather per run and model, then become shards and their index.

Runs that end together share a shard, for a file takes longer to be durable than its numbers to be written. A
shard is complete and has its name before the transaction that indexes it: a killed process leaves at worst
a file that nothing names, never an index without its file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection

from db.connection import Location
from db.owners import wall_clock
from db.readout_tables import capture, probe_score, shard, site_set
from db.store import Store
from db.tables import insert_sql
from lab.core.canonical import canonical, content_hash
from lab.core.captures import Captured, CapturedSpan, CaptureSource, SiteShape, TokenScores
from lab.core.errors import UsageError
from probes.shards import RowKey, Rows, Shard, ShardWriter

SHARD_BYTES = 64 * 2**20
"""Rows of one model and run become a shard when they take this much, or when the run ends."""

WAITING_BYTES = 4 * SHARD_BYTES
"""When all that waits takes this much, the largest part becomes a shard: many runs may be in flight."""


class Shards(Protocol):
    """What writes shards."""

    def write(self, rows: Rows) -> Shard:
        """The shard that holds `rows`, complete under its own name."""
        ...


def captures_root(location: Location) -> str:
    """Where a log's captures lie: `LAB_CAPTURES`, else the folder beside an SQLite file, ``lab.captures``.

    Raises:
        UsageError: for a database without a file when `LAB_CAPTURES` does not say where, and for memory,
            which ends with the process.
    """
    said = os.environ.get("LAB_CAPTURES")
    if said and said.startswith("memory:"):
        raise UsageError(f"LAB_CAPTURES '{said}': memory ends with the process; name a folder or another URL")
    if said:
        return said if "://" in said else str(Path(said).expanduser().absolute())
    if location.path is None:
        raise UsageError(
            f"captures of {location}: set LAB_CAPTURES to a folder or a URL; "
            "activations are kept in files, not in the database"
        )
    path = location.path.absolute()
    return str(path.with_name(f"{path.name.removesuffix('.db')}.captures"))


class _Kind(NamedTuple):
    """What rows have in common that share a shard."""

    artifact: str
    sites: tuple[SiteShape, ...]
    dtype: str


class _Note(NamedTuple):
    """A captured span of a call."""

    source: CaptureSource
    span: CapturedSpan

    @property
    def key(self) -> RowKey:
        """What the row was read from."""
        source = self.source
        return RowKey(source.run, source.seq, source.call, source.attempt, source.try_, self.span.span)


@dataclass(slots=True)
class _Gathered:
    """The rows of one run and kind that wait for a shard."""

    run: str
    kind: _Kind
    notes: list[_Note] = field(default_factory=list)
    pieces: list[list[Any]] = field(default_factory=list)
    bytes: int = 0

    def leave_out(self, known: Sequence[bool]) -> None:
        """Drop the rows that are known."""
        if not any(known):
            return
        self.notes = [note for note, is_known in zip(self.notes, known, strict=True) if not is_known]
        self.pieces = [_left(pieces, known) for pieces in self.pieces]


class _Known(NamedTuple):
    """What tells captures apart."""

    key: RowKey
    site_set: str
    artifact: str


class Captures:
    """Captures that wait for their shard, and index rows that wait for their transaction.

    Args:
        store: the log.
        shards: what writes the files; by default into `captures_root`.
        shard_bytes: size at which a shard is written before its run ends.
        waiting_bytes: size of all that waits at which the largest part of it is written.
    """

    def __init__(
        self,
        store: Store,
        *,
        shards: Shards | None = None,
        shard_bytes: int = SHARD_BYTES,
        waiting_bytes: int = WAITING_BYTES,
    ) -> None:
        self._store = store
        self._shards = shards
        self._shard_bytes = shard_bytes
        self._waiting_bytes = waiting_bytes
        self._waiting = 0
        self._gathered: dict[tuple[str, _Kind], _Gathered] = {}
        self._taken: dict[str, set[_Known]] = {}
        self._set_rows: dict[tuple[SiteShape, ...], tuple[str, str]] = {}
        self.forget()

    def take(self, source: CaptureSource, captured: Captured) -> None:
        """Take what was kept of one call; a span that the log has already is left out.

        Raises:
            UsageError: when nothing says where captures of this log lie.
            StoreError: when a shard is due and cannot be written.
        """
        self._scores += [_score_row(source, captured, scores) for scores in captured.scores]
        if not captured.sites:  # only scores were asked for
            return
        kind = _Kind(source.artifact, captured.sites, captured.dtype.removeprefix("torch."))
        new = self._new(source.run, kind, [_Note(source, span) for span in captured.spans])
        self._index += [self._row(kind, note) for note in new if note.span.reason is not None]
        self._gather(source.run, kind, new, captured)

    def seal(self, runs: Collection[str] | None = None) -> int:
        """Write everything that waits into shards, of these runs only when they are given; how many runs.

        Raises:
            StoreError: when a shard cannot be written; its rows wait on.
        """
        due = [one for one in self._gathered.values() if runs is None or one.run in runs]
        self._write(due)
        for run in runs or ():
            self._taken.pop(run, None)
        return len({one.run for one in due})

    def insert(self, connection: Connection) -> None:
        """Insert every index row that waits."""
        mark = self._store.mark
        for table, rows in (
            (site_set, list(self._sets.items())),
            (shard, self._files),
            (capture, self._index),
            (probe_score, self._scores),
        ):
            if rows:
                connection.exec_driver_sql(insert_sql(table, mark, skip_known=True), rows)

    def forget(self) -> None:
        """Drop the index rows: they are in the log."""
        self._sets: dict[str, str] = {}
        self._files: list[tuple[object, ...]] = []
        self._index: list[tuple[object, ...]] = []
        self._scores: list[tuple[object, ...]] = []

    # --- inside -----------------------------------------------------------------------------------

    def _new(self, run: str, kind: _Kind, notes: list[_Note]) -> list[_Note]:
        """The notes that were not taken before."""
        taken, of = self._taken.setdefault(run, set()), self._site_set(kind.sites)
        new = [note for note in notes if _Known(note.key, of, kind.artifact) not in taken]
        taken.update(_Known(note.key, of, kind.artifact) for note in new)
        return new

    def _gather(self, run: str, kind: _Kind, new: list[_Note], captured: Captured) -> None:
        wanted = {note.span.span for note in new}
        kept = [index for index, span in enumerate(captured.present) if span.span in wanted]
        if not kept:
            return
        gathered = self._gathered.get((run, kind))
        if gathered is None:
            gathered = _Gathered(run, kind, pieces=[[] for _ in kind.sites])
            self._gathered[run, kind] = gathered
        gathered.notes += [note for note in new if note.span.reason is None]
        whole = len(kept) == len(captured.present)
        for pieces, rows in zip(gathered.pieces, captured.rows, strict=True):
            piece = rows if whole else rows[kept]
            pieces.append(piece)
            gathered.bytes += piece.nbytes
            self._waiting += piece.nbytes
        if gathered.bytes >= self._shard_bytes:
            self._write([gathered])
        elif self._waiting >= self._waiting_bytes:
            self._write([max(self._gathered.values(), key=lambda one: one.bytes)])

    def _write(self, due: Sequence[_Gathered]) -> None:
        """Write these rows, less what the log has: a continued run may hand on again what it had."""
        if not due:
            return
        known = _logged(self._store, sorted({one.run for one in due}))
        for shared in self._bundles(due):
            for one in shared:
                of = self._site_set(one.kind.sites)
                one.leave_out([_Known(note.key, of, one.kind.artifact) in known for note in one.notes])
            if any(one.notes for one in shared):
                self._write_shard(shared)
            for one in shared:
                self._waiting -= one.bytes
                del self._gathered[one.run, one.kind]

    def _bundles(self, due: Sequence[_Gathered]) -> Iterator[list[_Gathered]]:
        """Rows that share a shard: of one kind, and together about as much as a shard may take."""
        for _, alike in groupby(sorted(due, key=lambda one: one.kind), key=lambda one: one.kind):
            shared, size = list[_Gathered](), 0
            for one in alike:
                if shared and size + one.bytes > self._shard_bytes:
                    yield shared
                    shared, size = [], 0
                shared.append(one)
                size += one.bytes
            yield shared

    def _write_shard(self, shared: Sequence[_Gathered]) -> None:
        kind, notes = shared[0].kind, [note for one in shared for note in one.notes]
        pieces = [[piece for one in shared for piece in one.pieces[site]] for site in range(len(kind.sites))]
        rows = Rows(kind.artifact, kind.sites, kind.dtype, [note.key for note in notes], pieces)
        written = self._writer().write(rows)
        self._files.append(
            (
                written.id,
                notes[0].source.run,
                written.path,
                self._site_set(kind.sites),
                written.rows,
                written.dtype,
                written.bytes,
                written.sha256,
                wall_clock(),
            )
        )
        self._index += [self._row(kind, note, shard=written.id, row=row) for row, note in enumerate(notes)]

    def _writer(self) -> Shards:
        if self._shards is None:
            self._shards = ShardWriter(captures_root(self._store.location))
        return self._shards

    def _site_set(self, sites: tuple[SiteShape, ...]) -> str:
        """The sites' content address; its row waits with the others."""
        address, text = self._set_rows.get(sites) or self._describe(sites)
        self._sets[address] = text
        return address

    def _describe(self, sites: tuple[SiteShape, ...]) -> tuple[str, str]:
        text = sites_text(sites)
        return self._set_rows.setdefault(sites, (content_hash(text), text))

    def _row(
        self, kind: _Kind, note: _Note, *, shard: str | None = None, row: int | None = None
    ) -> tuple[object, ...]:
        """A row of `capture`, its columns in the table's order."""
        source, span, of = note.source, note.span, self._site_set(kind.sites)
        place = (*note.key, of, source.artifact, source.agent, shard, row)
        read = (span.start, span.end, span.token_id, span.origin, int(source.proxy), source.logprob_gap)
        return (*place, *read, None, span.reason)


def _left(pieces: Sequence[Any], known: Sequence[bool]) -> list[Any]:
    """Pieces of rows that follow one another, without those that are known."""
    found, first = [], 0
    for piece in pieces:
        left = [row for row in range(len(piece)) if not known[first + row]]
        first += len(piece)
        if left:
            found.append(piece[left])
    return found


def sites_text(sites: tuple[SiteShape, ...]) -> str:
    """The JSON of a site set; `read_sites` reads it back."""
    return canonical([list(site) for site in sites])


def _logged(store: Store, runs: Sequence[str]) -> set[_Known]:
    """What the log has of some runs; asked at every shard, so in SQL that needs no compiling."""
    names = (*RowKey._fields[:4], "try", "span", "site_set", "artifact")
    marks = ", ".join([store.mark] * len(runs))
    sql = f"SELECT {', '.join(names)} FROM capture WHERE run IN ({marks})"
    with store.reading() as connection:
        found = connection.exec_driver_sql(sql, tuple(runs))
        return {_Known(RowKey(*row[:6]), row[6], row[7]) for row in found}


def _score_row(source: CaptureSource, captured: Captured, scores: TokenScores) -> tuple[object, ...]:
    """A row of `probe_score`; its score is that of the token before the choice."""
    values = [value if math.isfinite(value) else None for value in scores.values]
    choice = next((span for span in captured.spans if span.span == "pre_choice"), None)
    score = None
    if choice is not None and choice.start is not None and 0 <= choice.start - scores.start < len(values):
        score = values[choice.start - scores.start]
    fresh = choice is None or choice.origin != "reread"
    call = (source.run, source.seq, source.call, source.attempt, source.try_)
    strip = canonical([scores.start, values])
    return (scores.probe, *call, source.agent, None, score, None, None, None, int(fresh), strip)
