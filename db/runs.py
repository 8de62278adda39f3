"""The life of a run in the log: claimed by one process, ended once, continued after a stop or a crash.

Claiming is one transaction, so several processes may claim from the same plans at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select, update

from db.owners import Owner, wall_clock
from db.store import Store
from db.tables import agent, attempt, insert_sql, param, run, text
from lab.core.canonical import canonical, content_hash, value_hash
from lab.core.chain import GENESIS, NOTHING_MIXED
from lab.core.records import RunStatus

_CHUNK = 500


class AgentRow(NamedTuple):
    """A participant of a planned run; the columns of `agent` but the run."""

    name: str
    position: int
    role: str | None
    grp: str | None
    persona: str | None
    policy: str
    policy_name: str | None
    policy_spec: str
    model: str | None
    params: str
    think_time: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPlan:
    """A run as it is meant to be; what the log keeps of it never changes. JSON is canonical text.

    Attributes:
        id: 12 hex letters; equal identities have equal ids.
        study: id of the study, None for `lab run` and forks.
        name: the scenario's name.
        scenario_text: the resolved scenario, JSON.
        scenario_hash: tells scenarios apart.
        cell: alias=level joined by commas; None without a study.
        cell_index: place of the cell in the study's order.
        replicate: number of the seed within its cell.
        factors: alias → level, JSON.
        params: alias, path and level of each factor.
        agents: the participants, in the scenario's order.
        look: what the renderer drew for this run, JSON.
        parent, fork_at, fork: for a fork, its base run, its first new decision, what was changed (JSON).
        code_hash, versions: the source code, and package → version (JSON).
        ordinal: number of the repeat among runs of the same identity.
    """

    id: str
    study: str | None
    name: str
    environment: str
    environment_version: int
    family: str
    scenario_text: str
    scenario_hash: str
    cell: str | None
    cell_index: int | None
    replicate: int | None
    seed: int
    factors: str
    params: tuple[tuple[str, str, str], ...]
    agents: tuple[AgentRow, ...]
    look: str
    code_hash: str
    versions: str = "{}"
    parent: str | None = None
    fork_at: int | None = None
    fork: str | None = None
    ordinal: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """A run that this process now executes.

    Attributes:
        plan: the run.
        attempt: the number of this try, from 1.
        rows: how many chained rows the log holds.
        head: the hash of the last of them.
        fresh: whether nobody tried before.
    """

    plan: RunPlan
    attempt: int
    rows: int
    head: str
    fresh: bool


class Ending(NamedTuple):
    """How an attempt ended: the run's status and digest, seconds taken, the error in a line and in full."""

    run: str
    attempt: int
    status: RunStatus
    digest: str | None
    wall_s: float
    error: str | None = None
    trace: str | None = None
    notes: tuple[str, ...] = ()


def claim(
    store: Store, plans: Iterable[RunPlan], owner: Owner, *, take: int, before: float | None = None
) -> list[Claimed]:
    """Up to `take` of `plans` that nobody executes and that are not finished, now owned by `owner`.

    A run that is not in the log is begun; one that stopped, failed or lost its process is continued.

    Args:
        store: the log.
        plans: candidates, in order of preference.
        owner: who will execute them.
        take: how many at most.
        before: wall clock; what stopped or failed at or after it is left for a later call.
    """
    now = wall_clock()
    claimed: list[Claimed] = []
    rest = iter(plans)
    with store.writing() as connection:
        while len(claimed) < take and (chunk := list(islice(rest, _CHUNK))):
            standing = _standing(connection, chunk)
            for plan in chunk:
                if len(claimed) == take:
                    break
                found = standing.get(plan.id)
                if found is None:
                    claimed += _begin(connection, plan, owner, now, store.mark)
                elif _is_free(found, now, before):
                    claimed.append(_continue(connection, plan, owner, now, found, store.mark))
    return claimed


def finish(store: Store, ending: Ending) -> None:
    """End an attempt now; `Recorder.finish` does it in the transaction of the run's last rows."""
    with store.writing() as connection:
        write_endings(connection, [ending], mark=store.mark)


def write_endings(connection: Connection, endings: Sequence[Ending], *, mark: str) -> None:
    """End attempts inside a transaction that is already open; the runs are nobody's from then on."""
    now = wall_clock()
    runs = [(e.status.value, e.digest, e.wall_s, e.error, _notes(e), now, e.run) for e in endings]
    attempts = [(now, e.status.value, e.trace or e.error, e.run, e.attempt) for e in endings]
    connection.exec_driver_sql(
        f"UPDATE run SET status = {mark}, digest = {mark}, wall_s = wall_s + {mark}, error = {mark}, "
        f"notes = coalesce({mark}, notes), heartbeat = {mark}, owner = NULL WHERE id = {mark}",
        runs,
    )
    connection.exec_driver_sql(
        f"UPDATE attempt SET ended = {mark}, outcome = {mark}, error = {mark} "
        f"WHERE run = {mark} AND n = {mark}",
        attempts,
    )


def _notes(ending: Ending) -> str | None:
    return canonical(ending.notes) if ending.notes else None


def beat(store: Store, runs: Iterable[str]) -> None:
    """Give a sign of life for runs that wait long for a reply; a flush gives one too."""
    now = wall_clock()
    with store.writing() as connection:
        connection.execute(update(run).where(run.c.id.in_(list(runs))).values(heartbeat=now))


def _standing(connection: Connection, plans: Sequence[RunPlan]) -> dict[str, Row[Any]]:
    columns = (run.c.id, run.c.status, run.c.owner, run.c.heartbeat, run.c.rows, run.c.head)
    wanted = run.c.id.in_([plan.id for plan in plans])
    query: Select[Any] = select(*columns).where(wanted).with_for_update()
    return {row.id: row for row in connection.execute(query)}


def _is_free(found: Row[Any], now: float, before: float | None) -> bool:
    status = RunStatus(found.status)
    if status is RunStatus.RUNNING:
        if found.owner is None:
            return True
        return not Owner.read(found.owner).alive(heartbeat=found.heartbeat, now=now)
    if status in (RunStatus.STOPPED, RunStatus.FAILED):
        return before is None or found.heartbeat < before
    return False


def _begin(connection: Connection, plan: RunPlan, owner: Owner, now: float, mark: str) -> list[Claimed]:
    """Write a new run; nothing when another process did so first."""
    scenario = content_hash(plan.scenario_text)
    connection.exec_driver_sql(insert_sql(text, mark, skip_known=True), (scenario, plan.scenario_text))
    written = connection.exec_driver_sql(
        insert_sql(run, mark, skip_known=True), _row(plan, scenario, owner, now)
    )
    if not written.rowcount:
        return []
    for table, rows in ((param, plan.params), (agent, plan.agents)):
        if rows:
            connection.exec_driver_sql(insert_sql(table, mark), [(plan.id, *row) for row in rows])
    _open_attempt(connection, plan.id, 1, owner, now, mark)
    return [Claimed(plan, 1, 0, GENESIS, fresh=True)]


def _row(plan: RunPlan, scenario: str, owner: Owner, now: float) -> tuple[object, ...]:
    """A new run's columns, in the table's order."""
    planned = (
        plan.id,
        plan.study,
        plan.name,
        plan.environment,
        plan.environment_version,
        plan.family,
        scenario,
        plan.scenario_hash,
        plan.cell,
        plan.cell_index,
        plan.replicate,
        plan.seed,
        plan.factors,
        plan.look,
        plan.parent,
        plan.fork_at,
        plan.fork,
        plan.ordinal,
        plan.code_hash,
        plan.versions,
    )
    meant = _hash_of_plan(planned, plan.params, plan.agents)
    chain = (GENESIS, 0, None, 0, NOTHING_MIXED)
    counters = (0, 0, 0, 0, 0.0, 0.0)
    said = (None, None)
    return (*planned, meant, now, RunStatus.RUNNING.value, owner.text, now, *chain, *counters, *said)


def plan_hash(connection: Connection, run_id: str) -> str:
    """The hash of what the log says a run was meant to be, to compare with the one it was begun with."""
    fixed = list(run.columns)[: list(run.columns).index(run.c.plan_hash)]
    planned = connection.execute(select(*fixed).where(run.c.id == run_id)).one()
    params = connection.execute(select(*list(param.columns)[1:]).where(param.c.run == run_id))
    agents = select(*list(agent.columns)[1:]).where(agent.c.run == run_id).order_by(agent.c.position)
    return _hash_of_plan(tuple(planned), map(tuple, params), map(tuple, connection.execute(agents)))


def _hash_of_plan(
    planned: tuple[object, ...],
    params: Iterable[tuple[object, ...]],
    agents: Iterable[tuple[object, ...]],
) -> str:
    return value_hash([planned, sorted(params, key=str), list(agents)])


def _continue(
    connection: Connection,
    plan: RunPlan,
    owner: Owner,
    now: float,
    found: Row[Any],
    mark: str,
) -> Claimed:
    last = connection.execute(select(func.max(attempt.c.n)).where(attempt.c.run == plan.id)).scalar()
    number = (last or 0) + 1
    state = {"status": RunStatus.RUNNING.value, "owner": owner.text, "heartbeat": now, "error": None}
    connection.execute(update(run).where(run.c.id == plan.id).values(state))
    _open_attempt(connection, plan.id, number, owner, now, mark)
    return Claimed(plan, number, int(found.rows), str(found.head), fresh=False)


def _open_attempt(
    connection: Connection, run_id: str, number: int, owner: Owner, now: float, mark: str
) -> None:
    row = (run_id, number, owner.text, owner.host, owner.pid, now, None, None, None)
    connection.exec_driver_sql(insert_sql(attempt, mark), row)
