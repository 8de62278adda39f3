"""What was captured, as the index tells it: one row for each decision, the one of the call that answered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select

from db.query import query
from db.readout_tables import capture, site_set
from db.store import Store
from db.tables import model_artifact, run
from lab.core.canonical import parse
from lab.core.captures import SiteShape


@dataclass(frozen=True, slots=True)
class Scope:
    """Which decisions are meant.

    Attributes:
        study: id of a study; None for one run.
        run: id of a run; None for a whole study.
        agent: only this agent's.
        where: only those that fulfill this condition, SQL over the columns of `v_decision`.
    """

    study: str | None = None
    run: str | None = None
    agent: str | None = None
    where: str | None = None


class Kept(NamedTuple):
    """What some runs have captures of: a set of sites at one span."""

    span: str
    site_set: str
    sites: tuple[SiteShape, ...]


class CapturedRow(NamedTuple):
    """A decision's captured span: the decision, the call that was read, and where its numbers are.

    Attributes:
        run, family, environment, cell, seed, seq, tick, phase, agent, action: as in `v_decision`.
        call, attempt, try_: the rest of the key of the model call.
        span, start, end, token_id: what was read, and the token there where it is one.
        artifact: id of the model that was read.
        origin: live, recomputed or reread.
        proxy: 1 when another model was read than the one that answered.
        logprob_gap: of a reread, the largest difference to the logged log-probabilities, nats.
        reason: why there are no numbers; None when there are.
        site_set: id of the sites kept.
        path, row: the shard below the root of captures, and the row in it; None without numbers.
    """

    run: str
    family: str
    environment: str
    cell: str | None
    seed: int
    seq: int
    tick: int
    phase: str
    agent: str
    action: str | None
    call: int
    attempt: int
    try_: int
    span: str
    start: int | None
    end: int | None
    token_id: int | None
    artifact: str
    origin: str
    proxy: int
    logprob_gap: float | None
    reason: str | None
    site_set: str
    path: str | None
    row: int | None


class Reader(NamedTuple):
    """A model that was read: its name, and what tells its weights apart."""

    name: str
    weights: str


_ROWS = """SELECT r.id, r.family, r.environment, r.cell, r.seed, d.seq, d.tick, d.phase, d.agent, d.action,
       c.call, c.attempt, c.try, c.span, c.start, c."end", c.token_id, c.artifact, c.origin, c.proxy,
       c.logprob_gap, c.reason, c.site_set, s.path, c.row
FROM run r JOIN capture c ON c.run = r.id JOIN decision d ON d.run = c.run AND d.seq = c.seq
LEFT JOIN shard s ON s.id = c.shard
WHERE {scope} AND c.span = {mark} AND c.site_set IN ({marks})
  AND c.attempt = coalesce((SELECT max(m.attempt) FROM model_call m
                            WHERE m.run = c.run AND m.seq = c.seq), c.attempt)
ORDER BY r.cell_index, r.replicate, r.id, d.seq, c.call DESC, c.try DESC,
         CASE WHEN c.shard IS NULL THEN 1 ELSE 0 END, c.proxy,
         CASE c.origin WHEN 'live' THEN 0 WHEN 'recomputed' THEN 1 ELSE 2 END, c.site_set, c.artifact"""

_DECISIONS = """SELECT count(*) FROM run r JOIN decision d ON d.run = r.id
WHERE {scope} AND d.agent IN ({marks})
  AND (EXISTS (SELECT 1 FROM model_call m WHERE m.run = d.run AND m.seq = d.seq)
       OR EXISTS (SELECT 1 FROM capture c WHERE c.run = d.run AND c.seq = d.seq))"""


def kept(store: Store, scope: Scope) -> list[Kept]:
    """What the scope's study or run has captures of, ordered by span."""
    found = select(capture.c.span, capture.c.site_set, site_set.c.sites).distinct()
    found = found.join(site_set, site_set.c.id == capture.c.site_set).join(run, run.c.id == capture.c.run)
    found = found.where(run.c.id == scope.run if scope.run else run.c.study == scope.study)
    if scope.agent is not None:
        found = found.where(capture.c.agent == scope.agent)
    with store.reading() as connection:
        rows = connection.execute(found.order_by(capture.c.span, capture.c.site_set)).all()
    return [Kept(span, of, read_sites(sites)) for span, of, sites in rows]


def captured_agents(store: Store, scope: Scope) -> list[str]:
    """The agents of the scope's study or run that have captures, by name."""
    found = select(capture.c.agent).distinct().join(run, run.c.id == capture.c.run)
    found = found.where(run.c.id == scope.run if scope.run else run.c.study == scope.study)
    with store.reading() as connection:
        return sorted(connection.execute(found).scalars())


def captured(store: Store, scope: Scope, *, span: str, site_sets: Mapping[str, int]) -> Iterator[CapturedRow]:
    """The captured span of each decision, runs in the order of their study, then by seq.

    A decision's row is that of the last call of its last attempt; a row with numbers goes before one without,
    its own model before a proxy, a better site set before others, the acting pass before a later one.

    Args:
        store: the log.
        scope: which decisions.
        span: which tokens.
        site_sets: what may have been kept of them, and what each is worth, such as its number of layers.

    Raises:
        UsageError: when `scope.where` is no condition over `v_decision`.
    """
    if not site_sets:
        return
    where, params = _where(scope, store.mark)
    sql = _ROWS.format(scope=where, mark=store.mark, marks=_marks(store, site_sets))
    rows = (CapturedRow(*row) for row in query(store, sql, (*params, span, *site_sets)).rows)
    for _, same in groupby(rows, key=lambda row: (row.run, row.seq)):
        first, *others = same
        alike = [row for row in others if _standing(row) == _standing(first)]
        yield max((first, *alike), key=lambda row: site_sets[row.site_set])  # of equal ones the first


def _standing(row: CapturedRow) -> tuple[int, int, bool, int]:
    """What goes before the worth of a site set."""
    return row.call, row.try_, row.path is None, row.proxy


def count_decisions(store: Store, scope: Scope, *, agents: Sequence[str]) -> int:
    """How many of these agents' decisions in the scope a model answered.

    Raises:
        UsageError: when `scope.where` is no condition over `v_decision`.
    """
    if not agents:
        return 0
    where, params = _where(scope, store.mark)
    sql = _DECISIONS.format(scope=where, marks=_marks(store, agents))
    ((count,),) = query(store, sql, (*params, *agents)).rows
    return int(count)


def readers(store: Store) -> dict[str, Reader]:
    """Every model that was used, by the id of its artifact."""
    columns = (model_artifact.c.id, model_artifact.c.name, model_artifact.c.fingerprint)
    with store.reading() as connection:
        return {id_: Reader(name, hash_ or id_) for id_, name, hash_ in connection.execute(select(*columns))}


def read_sites(text: str) -> tuple[SiteShape, ...]:
    """The sites of a site set's JSON."""
    return tuple(SiteShape(*site) for site in parse(text))


def _where(scope: Scope, mark: str) -> tuple[str, tuple[str, ...]]:
    """The condition on runs `r` and decisions `d`, and its values."""
    parts = [f"r.id = {mark}" if scope.run else f"r.study = {mark}"]
    params = [str(scope.run or scope.study)]
    if scope.agent is not None:
        parts.append(f"d.agent = {mark}")
        params.append(scope.agent)
    if scope.where is not None:
        parts.append(
            "EXISTS (SELECT 1 FROM (SELECT * FROM v_decision) v "
            f"WHERE v.run = d.run AND v.seq = d.seq AND ({scope.where}))"
        )
    return " AND ".join(parts), tuple(params)


def _marks(store: Store, values: Collection[str]) -> str:
    return ", ".join([store.mark] * len(values))
