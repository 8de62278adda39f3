"""The check of what was read from models: files whole, index and files at one, nothing referred to missing.

A row of the index is no part of a run's chain, so it is compared with what the shard itself says of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, select

from db.capture_rows import read_sites
from db.captures import captures_root
from db.faults import Fault
from db.readout_tables import capture, probe, probe_score, shard, site_set
from db.store import Store
from db.tables import model_artifact, model_call
from lab.core.canonical import content_hash
from lab.core.errors import StoreError, UsageError
from probes.places import place
from probes.shards import RowKey, Shard, row_keys, verify

_CALL = ("run", "seq", "call", "attempt", "try")


def check_readouts(store: Store) -> Iterator[Fault]:
    """Everything wrong with captures, probes and their scores.

    Raises:
        StoreError: when the database cannot be read.
    """
    with store.reading() as connection:
        yield from _site_sets(connection)
        yield from _index(connection)
        shards = connection.execute(select(shard).order_by(shard.c.run, shard.c.path)).all()
        files = connection.execute(select(probe.c.path).where(probe.c.path.is_not(None))).scalars().all()
    if not shards and not files:
        return
    try:
        root = captures_root(store.location)
    except UsageError as error:
        yield Fault(None, "shard", None, str(error))
        return
    there = place(root)
    missing = [one.path for one in shards if there.local(one.path) is None]
    yield from _missing("shards", "shard", root, missing)
    yield from _missing("probes", "probe", root, [path for path in files if there.local(path) is None])
    lost = frozenset(missing)
    for one in shards:
        if one.path not in lost:
            yield from _shard(store, root, one)


def _missing(what: str, table: str, root: str, paths: list[str]) -> Iterator[Fault]:
    """One fault for a root: a folder that was not copied is one mistake, not a thousand."""
    if paths:
        noun = what if len(paths) > 1 else what.removesuffix("s")
        some = "" if len(paths) > 3 else f" ({', '.join(paths)})"
        yield Fault(
            None,
            table,
            None,
            f"{len(paths)} {noun} not found under {root}{some}; copy that folder with the log, "
            "or set LAB_CAPTURES to where it is",
        )


def _site_sets(connection: Connection) -> Iterator[Fault]:
    for address, sites in connection.execute(select(site_set.c.id, site_set.c.sites)):
        if content_hash(sites) != address:
            yield Fault(None, "site_set", None, f"site set {address} was altered")


def _index(connection: Connection) -> Iterator[Fault]:
    """Rows of the index that refer to what is not there, counted for each run."""
    named, placed = capture.c.shard.is_not(None), capture.c.row.is_not(None)
    wrong: list[tuple[Select[Any], str]] = [
        (_lost(capture, site_set, capture.c.site_set == site_set.c.id), "captures of an unknown site set"),
        (_lost(capture, shard, capture.c.shard == shard.c.id).where(named), "captures in an unknown shard"),
        (_lost(capture, model_artifact, capture.c.artifact == model_artifact.c.id), "captures of no model"),
        (_lost(capture, model_call, _same_call(capture)), "captures of a model call that is not there"),
        (_lost(probe_score, model_call, _same_call(probe_score)), "scores of a model call that is not there"),
        (_count(capture).where(named != placed), "captures with a shard or a row only"),
        (_count(capture).where(~named, capture.c.reason.is_(None)), "captures without a row and a reason"),
    ]
    counts = (
        select(capture.c.shard, func.count().label("rows")).where(named).group_by(capture.c.shard).subquery()
    )
    strays = select(shard.c.run, shard.c.path).join(counts, counts.c.shard == shard.c.id)
    for run, path in connection.execute(strays.where(counts.c.rows > shard.c.rows).order_by(shard.c.path)):
        yield Fault(run, "capture", None, f"more captures than rows in shard {path}")
    for query, what in wrong:
        for run, count in connection.execute(query):
            yield Fault(run, "capture", None, f"{what}: {count}")


def _count(table: Table) -> Select[Any]:
    return select(table.c.run, func.count()).group_by(table.c.run).order_by(table.c.run)


def _lost(table: Table, other: Table, match: ColumnElement[bool]) -> Select[Any]:
    """Rows of a table that match none of the other, counted for each run."""
    return _count(table).where(~select(1).where(match).correlate(table).exists())


def _same_call(table: Table) -> ColumnElement[bool]:
    first, *rest = (table.c[name] == model_call.c[name] for name in _CALL)
    for one in rest:
        first = first & one
    return first


def _shard(store: Store, root: str, row: Row[Any]) -> Iterator[Fault]:
    """What is wrong with one shard: its file, then what the index says of its rows."""
    known = Shard(row.id, row.path, row.rows, row.dtype, row.bytes, row.sha256)
    columns = capture.c
    indexed = select(
        columns.site_set,
        columns.row,
        columns.run,
        columns.seq,
        columns.call,
        columns.attempt,
        columns["try"],
        columns.span,
    )
    with store.reading() as connection:
        sites = connection.execute(select(site_set.c.sites).where(site_set.c.id == row.site_set)).scalar()
    try:
        problem = verify(root, known, read_sites(sites or "[]"))
        if problem is None:
            keys = row_keys(root, row.path)
            runs = {key.run for key in keys}  # the index of `capture` begins with the run
            with store.reading() as connection:
                query = indexed.where(columns.run.in_(runs), columns.shard == row.id)
                rows = connection.execute(query).all()
            problem = _rows(row, rows, keys)
    except StoreError as error:
        problem = str(error)
    if problem is not None:
        yield Fault(row.run, "shard", None, problem)


def _rows(row: Row[Any], indexed: Sequence[Any], keys: list[RowKey]) -> str | None:
    """Where the index and the shard disagree about its rows."""
    if any(one.site_set != row.site_set for one in indexed):
        return f"captures in shard {row.path} are of another site set"
    found = {(one.row, *one[2:]) for one in indexed}
    if found != {(number, *key) for number, key in enumerate(keys)}:
        return f"the index and shard {row.path} disagree about its rows ({len(found)} and {len(keys)})"
    return None
