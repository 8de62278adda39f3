"""Reading the log: runs by the beginning of their id, a run's chain, its calls, its texts.

Lists are paged by key, so a page costs the same wherever it lies. `records.py` reads behavior; larger
questions go to `query.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Row,
    Select,
    Subquery,
    Table,
    func,
    literal,
    select,
    tuple_,
    union_all,
)

from db.store import Store
from db.tables import CHAINED, TEXT_REFERENCES, decision, measure, model_call, run, study, text
from lab.core.canonical import canonical
from lab.core.errors import StoreError, UnknownName, UsageError
from lab.core.rows import CallRow

_CHUNK = 500
_RECENT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """A run's row, `study` by name; `tables.run` says what each column means."""

    id: str
    study: str | None
    name: str
    environment: str
    environment_version: int
    family: str
    scenario: str
    scenario_hash: str
    cell: str | None
    cell_index: int | None
    replicate: int | None
    seed: int
    factors: str
    look: str
    parent: str | None
    fork_at: int | None
    fork: str | None
    ordinal: int
    code_hash: str
    versions: str
    created: float
    status: str
    heartbeat: float
    head: str
    rows: int
    digest: str | None
    ticks: int
    decisions: int
    invalid: int
    tokens: int
    cost_usd: float | None
    wall_s: float
    error: str | None
    notes: str | None


_STUDY = study.c.name.label("study")
_BEGUN = (run.c.created, func.coalesce(run.c.cell_index, -1), func.coalesce(run.c.replicate, -1), run.c.id)
"""What orders runs: those that a study's call began at one moment come in the study's order."""
_INFO = [_STUDY if field.name == "study" else run.c[field.name] for field in fields(RunInfo)]


def get_run(store: Store, name: str) -> RunInfo:
    """The run whose id begins with `name`, or for ``last`` the one begun last.

    Raises:
        UnknownName: when no run's id begins so.
        UsageError: when several do.
    """
    query = _infos().limit(1)
    if name != "last":
        query = _infos().where(run.c.id >= name, run.c.id < f"{name}g").limit(3)
    with store.reading() as connection:
        found = [_info(row) for row in connection.execute(query)]
        recent = [row.id for row in connection.execute(_infos().limit(_RECENT))] if not found else []
    if not found:
        raise UnknownName("run", name, recent)
    if len(found) > 1:
        some = ", ".join(info.id for info in found)
        raise UsageError(f"run '{name}' is ambiguous ({some} …); give more letters")
    return found[0]


def list_runs(
    store: Store, *, study_name: str | None = None, limit: int = 50, after: str | None = None
) -> list[RunInfo]:
    """A page of runs, newest first.

    Args:
        store: the log.
        study_name: only runs of this study.
        limit: runs on a page.
        after: the id of the last run of the page before.
    """
    query = _infos().limit(limit)
    if study_name is not None:
        query = query.where(study.c.name == study_name)
    with store.reading() as connection:
        if after is not None:
            last = connection.execute(select(*_BEGUN).where(run.c.id == after)).one()
            query = query.where(run.c.created <= last[0], tuple_(*_BEGUN) < tuple_(*map(literal, last)))
        return [_info(row) for row in connection.execute(query)]


def latest_run(store: Store, scenario_hash: str, seed: int) -> RunInfo | None:
    """The last repeat of a run that belongs to no study and is no fork; None when there is none."""
    query = _infos().where(run.c.scenario_hash == scenario_hash, run.c.seed == seed)
    alone = query.where(run.c.study.is_(None), run.c.parent.is_(None))
    with store.reading() as connection:
        row = connection.execute(alone.order_by(None).order_by(run.c.ordinal.desc()).limit(1)).first()
    return None if row is None else _info(row)


def run_measures(store: Store, run_id: str) -> dict[str, float | None]:
    """The run-level measures of a run by name; None where undefined."""
    query = select(measure.c.name, measure.c.value).where(measure.c.run == run_id, measure.c.agent == "")
    with store.reading() as connection:
        return {row.name: row.value for row in connection.execute(query.order_by(measure.c.name))}


def chain_hashes(store: Store, run_id: str) -> list[str]:
    """The hash of every chained row of a run, in order."""
    rows = _chain(run_id)
    with store.reading() as connection:
        return list(connection.execute(select(rows.c.hash).order_by(rows.c.seq)).scalars())


def describe_row(store: Store, run_id: str, index: int) -> str:
    """The chained row at `index` (from 0) in words: its table and its columns, texts written out."""
    rows = _chain(run_id)
    place = select(rows.c.name, rows.c.seq).order_by(rows.c.seq).offset(index).limit(1)
    with store.reading() as connection:
        found = connection.execute(place).first()
        if found is None:
            return "the end of the run"
        table = next(table for table in CHAINED if table.name == found.name)
        query = select(table).where(table.c.run == run_id, table.c.seq == found.seq)
        row = connection.execute(query).mappings().one()
        texts = texts_of(connection, [row[column.name] for column in references(table)])
    shown = [texts.get(value, value) for name, value in row.items() if name not in ("run", "hash")]
    return f"{table.name} {canonical(shown)}"


def first_decision_from(store: Store, run_id: str, seq: int) -> int | None:
    """The seq of a run's first decision at or after `seq`; None when there is none."""
    query = select(decision.c.seq).where(decision.c.run == run_id, decision.c.seq >= seq)
    with store.reading() as connection:
        return connection.execute(query.order_by(decision.c.seq).limit(1)).scalar()


def recorded_calls(store: Store, run_id: str) -> Iterator[tuple[CallRow, Mapping[str, str]]]:
    """Every model call of a run with the texts it refers to, by content address; decisions in order."""
    key = list(model_call.primary_key.columns)[1:]
    query = select(model_call).where(model_call.c.run == run_id).order_by(*key).limit(_CHUNK)
    after: tuple[object, ...] | None = None
    while True:
        page = query if after is None else query.where(tuple_(*key) > tuple_(*map(literal, after)))
        with store.reading() as connection:
            calls = [CallRow(*row) for row in connection.execute(page)]
            wanted = {name for call in calls for name in _texts_of_call(call)}
            texts = texts_of(connection, wanted)
        for call in calls:
            yield call, texts
        if len(calls) < _CHUNK:
            return
        after = calls[-1][1 : 1 + len(key)]


def _texts_of_call(call: CallRow) -> tuple[str | None, ...]:
    return call.request, call.reply, call.reasoning, call.prompt_ids, call.reply_ids


def text_of(store: Store, address: str) -> str:
    """The text at a content address.

    Raises:
        StoreError: when the log does not hold it.
    """
    with store.reading() as connection:
        found = connection.execute(select(text.c.text).where(text.c.hash == address)).scalar()
    if found is None:
        raise StoreError(f"database {store.location}: text {address} is missing; `lab db check` says more")
    return str(found)


def texts_of(connection: Connection, addresses: Collection[str | None]) -> dict[str, str]:
    """The texts at some content addresses; one that is missing is left out."""
    wanted = sorted({address for address in addresses if address is not None})
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = connection.execute(select(text.c.hash, text.c.text).where(text.c.hash.in_(chunk)))
        found.update((row[0], row[1]) for row in rows)
    return found


def references(table: Table) -> list[Column[Any]]:
    """The columns of `table` that hold content addresses of texts."""
    return [column for column in TEXT_REFERENCES if column.table is table]


def _infos() -> Select[Any]:
    joined = run.outerjoin(study, study.c.id == run.c.study)
    return select(*_INFO).select_from(joined).order_by(*(part.desc() for part in _BEGUN))


def _info(row: Row[Any]) -> RunInfo:
    return RunInfo(**row._asdict())


def _chain(run_id: str) -> Subquery:
    """Table name, seq and hash of every chained row of a run."""
    parts = [
        select(literal(table.name).label("name"), table.c.seq, table.c.hash).where(table.c.run == run_id)
        for table in CHAINED
    ]
    return union_all(*parts).subquery()
