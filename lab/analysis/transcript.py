"""A run in words: who saw what, did what and got what, in the order of the log, one page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from db.reading import RunInfo, get_run, text_of
from db.records import plain_value
from db.store import Store
from lab.analysis.rows import Row, rows
from lab.core.canonical import parse, unlabel
from lab.core.errors import UnknownName
from lab.core.records import NOTHING, Claim, Decision, Event, Status, Truth

PAGE = 1_000
"""Rows of the log that a page covers unless the caller says otherwise."""


@dataclass(frozen=True, slots=True)
class Cast:
    """A participant of a run.

    Attributes:
        name: its name.
        group: the entry of the scenario it was expanded from, or None.
        role: its role, or None.
        persona: who it is, or None.
        policy: the policy as the scenario gives it: a kind and its options.
        model: its model, or None.
    """

    name: str
    group: str | None
    role: str | None
    persona: str | None
    policy: Mapping[str, Any]
    model: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """What a transcript is of.

    Attributes:
        run: the run's row.
        agents: in the scenario's order.
        params: the environment's params as JSON data.
        tick: what one tick stands for, in the scenario's words.
        look: wording, cover and labels that the renderer drew.
    """

    run: RunInfo
    agents: tuple[Cast, ...]
    params: Mapping[str, Any]
    tick: str
    look: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision with all that belongs beside it.

    Attributes:
        decision: the decision as its environment saw it.
        observation: what the agent was told, JSON data.
        space: what it could answer, JSON data.
        payoff: sum of the payoffs that name it; None without one.
        truths: true values of hidden variables at that moment, by name.
        claims: what it stated that can be checked.
    """

    decision: Decision
    observation: Mapping[str, Any]
    space: Mapping[str, Any]
    payoff: float | None
    truths: Mapping[str, Truth]
    claims: tuple[Claim, ...]

    @property
    def seq(self) -> int:
        """Its place in the run."""
        return self.decision.seq

    @property
    def tick(self) -> int:
        """When it was asked."""
        return self.decision.tick


@dataclass(frozen=True, slots=True)
class ExposureLine:
    """Something an agent was shown, and the decision it was shown for."""

    seq: int
    tick: int
    agent: str
    kind: str
    item: str
    rank: int | None
    decision: int | None
    text: str | None


Line = DecisionLine | Event | ExposureLine


@dataclass(frozen=True, slots=True)
class Transcript:
    """A page of a run.

    Attributes:
        header: what it is of.
        lines: by seq. What an agent was shown is numbered with the decision it was shown for, so its tick may
            be older than those around it.
        next_after: `after` of the next page; None on the last.
    """

    header: Header
    lines: tuple[Line, ...]
    next_after: int | None


def transcript(
    store: Store, run: str, *, agent: str | None = None, after: int = 0, limit: int = PAGE
) -> Transcript:
    """The next page of a run's transcript; memory does not grow with the run.

    Args:
        store: the log.
        run: the beginning of a run's id, or ``last``.
        agent: only what this agent did, saw or met, and what happened to nobody in particular.
        after: the page begins with the row after this seq.
        limit: rows of the log that the page covers; with `agent` it may hold fewer lines, even none.

    Raises:
        UnknownName: when there is no such run, or no such agent in it.
    """
    header = read_header(store, run)
    if agent is not None and agent not in {one.name for one in header.agents}:
        raise UnknownName("agent", agent, (one.name for one in header.agents))
    last, until = _last_seq(store, header.run.id), after + limit
    lines = read_lines(store, header.run.id, after=after, until=until)
    if agent is not None:
        lines = tuple(line for line in lines if _concerns(agent, line))
    return Transcript(header, lines, until if until < last else None)


def read_header(store: Store, run: str) -> Header:
    """What a transcript of `run` begins with."""
    info = get_run(store, run)
    scenario = parse(text_of(store, info.scenario))
    named = "SELECT name, grp, role, persona, policy_spec, model FROM agent WHERE run = ? ORDER BY position"
    cast = tuple(
        Cast(row["name"], row["grp"], row["role"], row["persona"], parse(row["policy_spec"]), row["model"])
        for row in rows(store, named, info.id)
    )
    return Header(info, cast, scenario["params"], scenario["clock"]["tick"], parse(info.look))


def read_lines(store: Store, run_id: str, *, after: int, until: int) -> tuple[Line, ...]:
    """The lines with `after` < seq ≤ `until`, by seq."""

    def stretch(sql: str) -> Iterator[Row]:
        return rows(store, sql, run_id, after, until)

    truths, claims = _by_decision(stretch(_HIDDEN)), _by_decision(stretch(_CLAIMS))
    lines: list[Line] = [
        _decision_line(row, truths.get(row["seq"], []), claims.get(row["seq"], []))
        for row in stretch(_DECISIONS)
    ]
    lines += [_event(row) for row in stretch(_EVENTS)]
    lines += [ExposureLine(**row) for row in stretch(_EXPOSURES)]
    return tuple(sorted(lines, key=lambda line: line.seq))


def find_event(store: Store, run_id: str, seq: int) -> Event | None:
    """The event at a place of a run; None where that row is no event."""
    return next(map(_event, rows(store, _EVENTS, run_id, seq - 1, seq)), None)


_DECISIONS = """
SELECT seq, tick, effect_tick, agent, phase, observation, space, raw, action, args, status, payoff
FROM v_decision WHERE run = ? AND seq > ? AND seq <= ?"""
_EVENTS = """
SELECT seq, tick, kind, agent, target, decision, value, payload, text
FROM v_event WHERE run = ? AND seq > ? AND seq <= ?"""
_EXPOSURES = """
SELECT seq, tick, agent, kind, item, rank, decision, text
FROM v_exposure WHERE run = ? AND seq > ? AND seq <= ?"""
_HIDDEN = """
SELECT seq, name, value, posterior, visible, source
FROM hidden WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq, name"""
_CLAIMS = """
SELECT seq, agent, subject, said, world, private
FROM claim_act WHERE run = ? AND seq > ? AND seq <= ? ORDER BY seq, subject"""


def _last_seq(store: Store, run_id: str) -> int:
    last = """
    SELECT max(seq) AS seq FROM (
      SELECT max(seq) AS seq FROM decision WHERE run = ?
      UNION ALL SELECT max(seq) FROM event WHERE run = ?
      UNION ALL SELECT max(seq) FROM exposure WHERE run = ?) AS ends"""
    (row,) = rows(store, last, run_id, run_id, run_id)
    return row["seq"] or 0


def _by_decision(found: Iterator[Row]) -> dict[int, list[Row]]:
    return {seq: list(own) for seq, own in groupby(found, key=lambda row: row["seq"])}


def _concerns(agent: str, line: Line) -> bool:
    """Whether an agent did, saw or met it, or it happened to nobody in particular."""
    if isinstance(line, DecisionLine):
        return line.decision.agent == agent
    return agent == line.agent or (isinstance(line, Event) and (line.agent is None or line.target == agent))


def _decision_line(row: Row, truths: Sequence[Row], claims: Sequence[Row]) -> DecisionLine:
    return DecisionLine(
        decision=_decision(row),
        observation=parse(row["observation"]),
        space=parse(row["space"]),
        payoff=row["payoff"],
        truths={truth["name"]: _truth(truth) for truth in truths},
        claims=tuple(_claim(claim) for claim in claims),
    )


def _event(row: Row) -> Event:
    payload = parse(row["payload"]) if row["payload"] else NOTHING
    return Event(**(row | {"payload": payload}))


def _decision(row: Row) -> Decision:
    action = row["action"]
    args = parse(row["args"]) if row["args"] else NOTHING
    return Decision(
        agent=row["agent"],
        seq=row["seq"],
        tick=row["tick"],
        effect_tick=row["effect_tick"],
        phase=row["phase"],
        action=action,
        args=args,
        status=Status(row["status"]),
        value=None if action is None else plain_value(row["space"], action, args),
        raw=row["raw"],
    )


def _truth(row: Row) -> Truth:
    return Truth(unlabel(row["value"]), row["posterior"], bool(row["visible"]), row["source"])


def _claim(row: Row) -> Claim:
    said, world, private = (unlabel(row[name]) for name in ("said", "world", "private"))
    return Claim(row["seq"], row["agent"], row["subject"], said, world, private)
