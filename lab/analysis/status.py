"""How far a study is, as seen from another terminal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from db import studies
from db.owners import Owner, wall_clock
from db.store import Store
from lab.analysis.rows import rows
from lab.core.canonical import parse
from lab.core.records import FINISHED, RunStatus
from scenarios.study import Study

WINDOW_S = 60.0
"""The rate is that of so many seconds before the last run ended."""


@dataclass(frozen=True, slots=True)
class StudyStatus:
    """Where a study stands. Wall-clock times are seconds since 1970, None before anything happened.

    Attributes:
        study: its name.
        planned: runs it asks for.
        counts: runs by status; a running one whose process is dead counts as stopped.
        decisions: made so far.
        tokens: of all model calls so far.
        cost_usd: price of all model calls so far; None when one is unknown.
        started: when its first run began.
        heartbeat: last sign of life of any run.
        runs_per_s: of late; None before any run ended.
    """

    study: str
    planned: int
    counts: Mapping[RunStatus, int]
    decisions: int
    tokens: int
    cost_usd: float | None
    started: float | None
    heartbeat: float | None
    runs_per_s: float | None

    @property
    def finished(self) -> int:
        """Runs that are done or limited."""
        return sum(self.counts.get(status, 0) for status in FINISHED)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest takes at the present rate; None without one, or when no process runs it."""
        if not self.runs_per_s or not self.counts.get(RunStatus.RUNNING):
            return None
        return (self.planned - self.finished) / self.runs_per_s


def study_status(store: Store, name: str) -> StudyStatus:
    """Where the study called `name` stands.

    Raises:
        UnknownName: when the log has none of that name.
    """
    return _status(store, studies.get_study(store, name))


def list_studies(store: Store) -> tuple[StudyStatus, ...]:
    """Where every study stands, newest first."""
    return tuple(_status(store, info) for info in studies.list_studies(store))


def _status(store: Store, info: studies.StudyInfo) -> StudyStatus:
    spent = studies.study_spent(store, info.id)
    lived = "SELECT min(created) AS started, max(heartbeat) AS heartbeat FROM run WHERE study = ?"
    (times,) = rows(store, lived, info.id)
    return StudyStatus(
        study=info.name,
        planned=Study.from_json(parse(info.spec)).n_runs,
        counts=_counts(store, info.id),
        decisions=spent.decisions,
        tokens=spent.tokens,
        cost_usd=spent.cost_usd,
        started=times["started"],
        heartbeat=times["heartbeat"],
        runs_per_s=_rate(store, info.id),
    )


def _counts(store: Store, study_id: str) -> dict[RunStatus, int]:
    counts = studies.study_counts(store, study_id)
    dead = _n_dead(store, study_id) if counts.get(RunStatus.RUNNING) else 0
    if dead:
        counts[RunStatus.STOPPED] = counts.get(RunStatus.STOPPED, 0) + dead
        counts[RunStatus.RUNNING] -= dead
    return {status: count for status, count in counts.items() if count}


def _n_dead(store: Store, study_id: str) -> int:
    """Runs said to be running whose process is gone."""
    now = wall_clock()
    owners = "SELECT owner, heartbeat FROM run WHERE study = ? AND status = 'running'"
    return sum(
        row["owner"] is None or not Owner.read(row["owner"]).alive(heartbeat=row["heartbeat"], now=now)
        for row in rows(store, owners, study_id)
    )


def _rate(store: Store, study_id: str) -> float | None:
    """Finished runs per second over the last `WINDOW_S` that the study was worked on."""
    tries = (
        "SELECT count(*) AS n, min(a.started) AS first, max(a.ended) AS last "
        "FROM attempt a JOIN run r ON r.id = a.run "
        "WHERE r.study = ? AND a.outcome IN ('done', 'limited') AND a.ended > ?"
    )
    (ever,) = rows(store, tries, study_id, 0.0)
    if not ever["n"]:
        return None
    since = ever["last"] - WINDOW_S
    (late,) = rows(store, tries, study_id, since)
    span = late["last"] - max(late["first"], since)
    return late["n"] / span if span > 0 else None
