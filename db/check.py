"""The check of a log: nothing altered, nothing swapped, nothing missing; what is wrong is named.

Every run's chain is computed anew from its rows, every text is compared with its address. Memory stays flat:
rows and texts are read once and never held.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, func, null, select

from db.chains import ChainRow, find_breaks
from db.check_readouts import check_readouts
from db.connection import integrity_problems
from db.faults import Fault
from db.readout_tables import capture, probe_score, shard
from db.runs import plan_hash
from db.store import Store
from db.tables import (
    CHAINED,
    TEXT_REFERENCES,
    attempt,
    claim_act,
    decision,
    hidden,
    measure,
    model_call,
    run,
    text,
)
from db.triggers import expected, present
from lab.core.canonical import content_hash
from lab.core.chain import NOTHING_MIXED, mix
from lab.core.errors import StoreError
from lab.core.records import FINISHED

_PAGE = 1_000
_OF_RUNS = (*CHAINED, hidden, claim_act, model_call, measure, shard, capture, probe_score)


def check(store: Store) -> list[Fault]:
    """Everything wrong with a log; empty when it is whole."""
    faults: list[Fault] = []
    for part in (_file, _triggers, _texts, _references, _orphans, check_readouts, _runs):
        try:
            faults += part(store)
        except StoreError as error:
            faults.append(Fault(None, "database", None, str(error)))
    return faults


def _file(store: Store) -> Iterator[Fault]:
    with store.reading() as connection:
        for problem in integrity_problems(connection):
            yield Fault(None, "database", None, f"the file is damaged: {problem}")


def _triggers(store: Store) -> Iterator[Fault]:
    if store.location.path is None:
        return
    with store.reading() as connection:
        there = present(connection)
    for name, statement in expected("sqlite").items():
        if there.get(name) != statement:
            yield Fault(
                None, "database", None, f"trigger {name} is missing or changed: the log is not append-only"
            )


def _texts(store: Store) -> Iterator[Fault]:
    after = ""
    while True:
        page = select(text).where(text.c.hash > after).order_by(text.c.hash).limit(_PAGE)
        with store.reading() as connection:
            rows = connection.execute(page).all()
        for address, words in rows:
            if content_hash(words) != address:
                yield Fault(None, "text", None, f"text {address} was altered")
        if len(rows) < _PAGE:
            return
        after = rows[-1].hash


def _references(store: Store) -> Iterator[Fault]:
    with store.reading() as connection:
        for column in TEXT_REFERENCES:
            yield from _dangling(connection, column)


def _dangling(connection: Connection, column: Column[Any]) -> Iterator[Fault]:
    table = column.table
    owner = run.c.id if table is run else table.c.run
    seq: ColumnElement[Any] = table.c.seq if "seq" in table.c else null()
    joined = table.outerjoin(text, text.c.hash == column)
    query: Select[Any] = select(owner, column, seq).select_from(joined)
    for run_id, address, place in connection.execute(query.where(column.is_not(None), text.c.hash.is_(None))):
        where = str(table.name) if place is None else f"{table.name} row {place}"
        message = f"{where}: its {column.name} {address} is missing in text"
        yield Fault(run_id, str(table.name), place, message)


def _orphans(store: Store) -> Iterator[Fault]:
    with store.reading() as connection:
        for table in _OF_RUNS:
            known = select(run.c.id).where(run.c.id == table.c.run).exists()
            for name in connection.execute(select(table.c.run).where(~known).distinct()).scalars():
                yield Fault(name, table.name, None, f"{table.name} rows of a run that is not in the log")


def _runs(store: Store) -> Iterator[Fault]:
    after = ""
    while True:
        with store.reading() as connection:
            page = select(run.c.id).where(run.c.id > after).order_by(run.c.id).limit(_PAGE)
            ids = list(connection.execute(page).scalars())
        for run_id in ids:
            with store.reading() as connection:
                yield from _run(connection, run_id)
        if len(ids) < _PAGE:
            return
        after = ids[-1]


def _run(connection: Connection, run_id: str) -> Iterator[Fault]:
    """Everything wrong with one run; read in one transaction, so that rows and counters fit."""
    row = connection.execute(select(run).where(run.c.id == run_id)).one()
    for found in find_breaks(_chain(connection, run_id), noted_rows=row.rows, noted_head=row.head):
        yield Fault(run_id, found.table, found.seq, found.message)
    for part in (_counters, _unchained, _plan, _end):
        for message in part(connection, row):
            yield Fault(run_id, "run", None, message)


def _chain(connection: Connection, run_id: str) -> Iterator[ChainRow]:
    """The run's rows of all chained tables, by seq."""
    parts = [_rows(connection, table, run_id) for table in CHAINED]
    return merge(*parts, key=lambda row: row.columns[0])


def _rows(connection: Connection, table: Table, run_id: str) -> Iterator[ChainRow]:
    query = select(*list(table.columns)[1:]).where(table.c.run == run_id).order_by(table.c.seq)
    for row in connection.execute(query):
        yield ChainRow(table.name, tuple(row[:-1]), row[-1])


def _counters(connection: Connection, row: Row[Any]) -> Iterator[str]:
    counts = select(func.count(), func.count() - func.count(decision.c.action))
    made, invalid = connection.execute(counts.where(decision.c.run == row.id)).one()
    for name, found, noted in (("decisions", made, row.decisions), ("invalid", invalid, row.invalid)):
        if found != noted:
            yield f"the run notes {noted} {name}, the log holds {found}"


def _unchained(connection: Connection, row: Row[Any]) -> Iterator[str]:
    """The rows that are in no chain: each table's number is not noted, but their sum is."""
    total, count = NOTHING_MIXED, 0
    for table in (hidden, claim_act, measure):
        query = select(*list(table.columns)[1:]).where(table.c.run == row.id)
        for columns in connection.execute(query):
            total, count = mix(total, table.name, tuple(columns)), count + 1
    if count != row.unchained:
        yield f"hidden, claim_act and measure hold {count} rows, the run notes {row.unchained}"
    elif total != row.unchained_hash:
        yield "a row of hidden, claim_act or measure was altered"


def _plan(connection: Connection, row: Row[Any]) -> Iterator[str]:
    """What the run was meant to be: its fixed columns, its agents and its levels."""
    if plan_hash(connection, row.id) != row.plan_hash:
        yield "what the run was meant to be was altered: a fixed column of run, or a row of agent or param"


def _end(connection: Connection, row: Row[Any]) -> Iterator[str]:
    outcomes = select(attempt.c.outcome).where(attempt.c.run == row.id).order_by(attempt.c.n.desc()).limit(1)
    last = connection.execute(outcomes).first()
    if last is None:
        yield "the run has no attempt"
    elif row.status != "running" and last.outcome != row.status:
        yield f"the run is {row.status}, its last attempt {last.outcome or 'without an end'}"
    if row.status in FINISHED and row.digest != row.head:
        yield f"the run is {row.status}, but its digest {row.digest} is not the hash of its last row"
    if row.status not in FINISHED and row.digest is not None:
        yield f"the run is {row.status}, but has a digest"
