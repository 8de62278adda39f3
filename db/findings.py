"""Findings in the log: written once, found by study or id; a second computation must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from db.readout_tables import finding
from db.store import Store
from db.tables import insert_sql
from lab.core.errors import StoreError, UnknownName, UsageError

_RECENT = 8


class FindingRow(NamedTuple):
    """A finding; the columns of `finding`, in order. JSON is canonical text."""

    id: str
    study: str
    variable: str
    behavior: str
    site: str
    layer: int
    span: str
    level: str | None
    verdict: str
    headline: int
    metrics: str
    levels: str
    sentences: str
    artifact: str | None
    probe: str | None
    runs_hash: str
    settings: str
    code_hash: str
    created: float


def put_findings(store: Store, found: Sequence[FindingRow]) -> int:
    """Write findings in one transaction; those that the log has already must say the same.

    Returns:
        How many were new.

    Raises:
        StoreError: when the log has other numbers under one of their ids: other code computed it.
    """
    with store.writing() as connection:
        known = _agreeing(connection, found)
        new = [tuple(one) for one in found if one.id not in known]
        if new:
            connection.exec_driver_sql(insert_sql(finding, store.mark), new)
    return len(new)


def refuse_others(store: Store, found: Sequence[FindingRow]) -> None:
    """Refuse findings that the log has with other numbers, before anything else is written.

    Raises:
        StoreError: as `put_findings` does.
    """
    with store.reading() as connection:
        _agreeing(connection, found)


def get_finding(store: Store, name: str) -> FindingRow:
    """The finding whose id begins with `name`, or for ``last`` the headline written last.

    Raises:
        UnknownName: when no finding's id begins so.
        UsageError: when several do.
    """
    columns = finding.c
    newest = select(finding).order_by(columns.created.desc(), columns.id)
    if name == "last":
        named = newest.where(columns.headline == 1).limit(1)
    else:
        named = newest.where(columns.id.startswith(name, autoescape=True)).limit(2)
    with store.reading() as connection:
        rows = [FindingRow(*row) for row in connection.execute(named)]
        recent = [row.id[:12] for row in connection.execute(newest.limit(_RECENT))] if not rows else []
    if not rows:
        raise UnknownName("finding", name, recent)
    if len(rows) > 1:
        some = ", ".join(row.id[:12] for row in rows)
        raise UsageError(f"finding '{name}' is ambiguous ({some} …); give more letters")
    return rows[0]


def list_findings(store: Store, study: str) -> list[FindingRow]:
    """Every finding about a study, by variable, behavior and layer."""
    columns = finding.c
    query = select(finding).where(columns.study == study)
    ordered = query.order_by(columns.variable, columns.behavior, columns.created, columns.layer)
    with store.reading() as connection:
        return [FindingRow(*row) for row in connection.execute(ordered)]


def _agreeing(connection: Connection, found: Sequence[FindingRow]) -> set[str]:
    """The ids of those that the log has already, with the same numbers."""
    new = {one.id: one for one in found}
    rows = connection.execute(select(finding).where(finding.c.id.in_(list(new))))
    known = [FindingRow(*row) for row in rows]
    for one in known:
        _refuse_other(one, new[one.id])
    return {one.id for one in known}


def _refuse_other(known: FindingRow, new: FindingRow) -> None:
    if (known.metrics, known.level, known.verdict) == (new.metrics, new.level, new.verdict):
        return
    raise StoreError(
        f"finding {new.id[:12]} of '{new.variable}' at layer {new.layer} is '{known.verdict}' in the log; "
        f"the same code finds other numbers of the same runs ('{new.verdict}'). Nothing was stored: was the "
        "log altered (`lab db check`), or do other versions of its packages compute differently?"
    )
