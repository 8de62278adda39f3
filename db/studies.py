"""Studies in the log: found by name, fixed in identity, extended on purpose, counted for progress."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from db.owners import wall_clock
from db.store import Store
from db.tables import insert_sql, model_call, run, study
from lab.core.canonical import content_hash, value_hash
from lab.core.errors import UnknownName
from lab.core.records import RunStatus


@dataclass(frozen=True, slots=True)
class StudyInfo:
    """A study as the log keeps it.

    Attributes:
        id: 12 hex letters, made of the name.
        name: its name.
        spec: the resolved study file, JSON.
        identity: what must not change between calls, JSON.
        identity_hash: content address of `identity`.
        source_hash: content address of the code it was last run with.
        created: wall clock: when it was first run.
    """

    id: str
    name: str
    spec: str
    identity: str
    identity_hash: str
    source_hash: str
    created: float


@dataclass(frozen=True, slots=True)
class Spent:
    """What a study's runs took so far.

    Attributes:
        decisions, tokens, ticks: summed over its runs.
        cost_usd: price of all its model calls, None when one is unknown.
        known_cost_usd: the sum of the prices that are known.
    """

    decisions: int
    tokens: int
    ticks: int
    cost_usd: float | None
    known_cost_usd: float


def put_study(store: Store, name: str, *, spec: str, identity: str, source_hash: str) -> StudyInfo:
    """The study called `name`, written now unless the log has one: the caller compares identities."""
    id_ = value_hash(["study", name])[:12]
    row = (id_, name, spec, identity, content_hash(identity), source_hash, wall_clock())
    with store.writing() as connection:
        connection.exec_driver_sql(insert_sql(study, store.mark, skip_known=True), row)
        return _find(connection, name)


def get_study(store: Store, name: str) -> StudyInfo:
    """The study called `name`.

    Raises:
        UnknownName: when the log has none of that name.
    """
    with store.reading() as connection:
        return _find(connection, name)


def find_study(store: Store, name: str) -> StudyInfo | None:
    """The study called `name`, or None."""
    try:
        return get_study(store, name)
    except UnknownName:
        return None


def list_studies(store: Store) -> list[StudyInfo]:
    """Every study, newest first."""
    with store.reading() as connection:
        rows = connection.execute(select(study).order_by(study.c.created.desc(), study.c.name))
        return [StudyInfo(*row) for row in rows]


def extend_study(store: Store, name: str, *, spec: str, identity: str, source_hash: str) -> StudyInfo:
    """Give a study more levels or seeds, or a new spec where its identity stays.

    Raises:
        UnknownName: when the log has none of that name.
    """
    values = {
        "spec": spec,
        "identity": identity,
        "identity_hash": content_hash(identity),
        "source_hash": source_hash,
    }
    with store.writing() as connection:
        connection.execute(update(study).where(study.c.name == name).values(values))
        return _find(connection, name)


def study_counts(store: Store, study_id: str) -> dict[RunStatus, int]:
    """How many runs of a study stand where; a status nobody has is left out."""
    query = select(run.c.status, func.count()).where(run.c.study == study_id).group_by(run.c.status)
    with store.reading() as connection:
        return {RunStatus(status): count for status, count in connection.execute(query)}


def study_spent(store: Store, study_id: str) -> Spent:
    """What a study's runs took so far."""
    unpriced = func.count() - func.count(run.c.cost_usd)
    calls = select(func.sum(model_call.c.cost_usd)).where(model_call.c.run == run.c.id).scalar_subquery()
    known = func.sum(func.coalesce(run.c.cost_usd, calls))
    counted = (func.sum(run.c.decisions), func.sum(run.c.tokens), func.sum(run.c.ticks))
    with store.reading() as connection:
        decisions, tokens, ticks, cost, unknown = connection.execute(
            select(*counted, known, unpriced).where(run.c.study == study_id)
        ).one()
    spent = float(cost or 0.0)
    return Spent(int(decisions or 0), int(tokens or 0), int(ticks or 0), None if unknown else spent, spent)


def _find(connection: Connection, name: str) -> StudyInfo:
    row = connection.execute(select(study).where(study.c.name == name)).first()
    if row is None:
        raise UnknownName("study", name, connection.execute(select(study.c.name)).scalars())
    return StudyInfo(*row)
