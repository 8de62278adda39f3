"""Fitted probes and their scores in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import case, func, select

from db.readout_tables import probe, probe_score
from db.store import Store
from db.tables import insert_sql
from lab.core.errors import UnknownName, UsageError

_RECENT = 8


class ProbeRow(NamedTuple):
    """A fitted probe; the columns of `probe`, in order. JSON is canonical text."""

    id: str
    study: str
    variable: str
    task: str
    reader: str
    site: str
    layer: int
    span: str
    artifact: str
    width: int
    runs_hash: str
    metrics: str
    path: str | None
    code_hash: str
    created: float


class ScoreRow(NamedTuple):
    """What a probe says of one model call; the columns of `probe_score`, in order."""

    probe: str
    run: str
    seq: int
    call: int
    attempt: int
    try_: int
    agent: str
    truth: str | None
    score: float | None
    p: float | None
    predicted: str | None
    fold: int | None
    oof: int
    strip: str | None = None


def put_probes(store: Store, probes: Sequence[ProbeRow], scores: Sequence[ScoreRow]) -> int:
    """Write probes and scores in one transaction; what the log has already stays.

    Returns:
        How many of the scores were new.
    """
    with store.writing() as connection:
        before = connection.execute(select(func.count()).select_from(probe_score)).scalar_one()
        for table, rows in ((probe, probes), (probe_score, scores)):
            if rows:
                statement = insert_sql(table, store.mark, skip_known=True)
                connection.exec_driver_sql(statement, [tuple(row) for row in rows])
        return int(connection.execute(select(func.count()).select_from(probe_score)).scalar_one()) - int(
            before
        )


def get_probe(store: Store, name: str) -> ProbeRow:
    """The probe whose id begins with `name`; for ``last`` the claim's reader written last.

    Raises:
        UnknownName: when no probe's id begins so.
        UsageError: when several do.
    """
    beside = case((probe.c.reader.in_(("diff_means", "covariance")), 1), else_=0)  # printed, not claimed with
    newest = select(probe).order_by(probe.c.created.desc(), beside, probe.c.layer.desc(), probe.c.id)
    named = (
        newest.limit(1)
        if name == "last"
        else newest.where(probe.c.id.startswith(name, autoescape=True)).limit(2)
    )
    with store.reading() as connection:
        rows = [ProbeRow(*row) for row in connection.execute(named)]
        recent = [row.id[:12] for row in connection.execute(newest.limit(_RECENT))] if not rows else []
    if not rows:
        raise UnknownName("probe", name, recent)
    if len(rows) > 1:
        raise UsageError(
            f"probe '{name}' is ambiguous ({', '.join(row.id[:12] for row in rows)}); give more letters"
        )
    return rows[0]


def list_probes(store: Store, study: str | None = None) -> list[ProbeRow]:
    """Every probe, or those of a study, by study, variable, reader and layer."""
    columns = probe.c
    query = select(probe) if study is None else select(probe).where(columns.study == study)
    ordered = query.order_by(columns.study, columns.variable, columns.reader, columns.layer, columns.id)
    with store.reading() as connection:
        return [ProbeRow(*row) for row in connection.execute(ordered)]


def fitted_runs(store: Store, probe_id: str) -> frozenset[str]:
    """The runs that a probe was fitted on."""
    held_out = select(probe_score.c.run).where(
        probe_score.c.probe == probe_id, probe_score.c.fold.is_not(None)
    )
    with store.reading() as connection:
        return frozenset(connection.execute(held_out.distinct()).scalars())
