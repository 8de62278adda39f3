"""A run's behavior, read back as the records it was written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, select

from db.reading import text_of
from db.store import Store
from db.tables import agent, claim_act, decision, event, run, text
from lab.core.canonical import parse, unlabel
from lab.core.errors import UnknownName
from lab.core.records import NOTHING, Claim, Decision, Event, RunRecord, Status

_PAGE = 1_000
_OBSERVATION = text.alias("observation_text")
_SPACE = text.alias("space_text")


class Shown(NamedTuple):
    """A decision beside what its agent was told and what it could answer, both JSON."""

    decision: Decision
    observation: str
    space: str


def read_record(store: Store, run_id: str) -> RunRecord:
    """A run's behavior as measures see it.

    Raises:
        UnknownName: when the log has no such run.
    """
    with store.reading() as connection:
        scenario = connection.execute(select(run.c.scenario).where(run.c.id == run_id)).scalar()
        if scenario is None:
            raise UnknownName("run", run_id, ())
        names = select(agent.c.name).where(agent.c.run == run_id).order_by(agent.c.position)
        agents = tuple(connection.execute(names).scalars())
        decisions = [_decision(row) for row in connection.execute(_decisions(run_id))]
        events = [_event(row) for row in connection.execute(_events(run_id))]
        claims = [_claim(row) for row in connection.execute(_claims(run_id))]
    params = parse(text_of(store, scenario))["params"]
    return RunRecord(agents, params, decisions, events, claims)


def decisions(store: Store, run_id: str, *, of_agent: str | None = None, after: int = 0) -> Iterator[Shown]:
    """A run's decisions in order, read page by page.

    Args:
        store: the log.
        run_id: the run.
        of_agent: only this agent's.
        after: only those with a greater seq.
    """
    query = _decisions(run_id).limit(_PAGE)
    if of_agent is not None:
        query = query.where(decision.c.agent == of_agent)
    while True:
        with store.reading() as connection:
            rows = connection.execute(query.where(decision.c.seq > after)).all()
        for row in rows:
            yield Shown(_decision(row), row.observation_text, row.space_text)
        if len(rows) < _PAGE:
            return
        after = rows[-1].seq


def events_page(store: Store, run_id: str, *, after: int = 0, limit: int = 100) -> list[Event]:
    """The next `limit` events of a run with a seq greater than `after`."""
    query = _events(run_id).where(event.c.seq > after).limit(limit)
    with store.reading() as connection:
        return [_event(row) for row in connection.execute(query)]


def _decisions(run_id: str) -> Select[Any]:
    told = _OBSERVATION.c.text.label("observation_text")
    allowed = _SPACE.c.text.label("space_text")
    joined = decision.outerjoin(_OBSERVATION, _OBSERVATION.c.hash == decision.c.observation).outerjoin(
        _SPACE, _SPACE.c.hash == decision.c.space
    )
    query = select(decision, told, allowed).select_from(joined)
    return query.where(decision.c.run == run_id).order_by(decision.c.seq)


def _events(run_id: str) -> Select[Any]:
    joined = event.outerjoin(text, text.c.hash == event.c.text)
    query = select(event, text.c.text.label("words")).select_from(joined)
    return query.where(event.c.run == run_id).order_by(event.c.seq)


def _claims(run_id: str) -> Select[Any]:
    return select(claim_act).where(claim_act.c.run == run_id).order_by(claim_act.c.seq, claim_act.c.subject)


def _decision(row: Row[Any]) -> Decision:
    args = parse(row.args) if row.args else NOTHING
    return Decision(
        agent=row.agent,
        seq=row.seq,
        tick=row.tick,
        effect_tick=row.effect_tick,
        phase=row.phase,
        action=row.action,
        args=args,
        status=Status(row.status),
        value=None if row.action is None else plain_value(row.space_text, row.action, args),
        raw=row.raw,
    )


def plain_value(space: str, action: str, args: Mapping[str, Any]) -> Any:
    """The plain value of a legal action of the action space written in `space`, as policies give it."""
    match parse(space)["kind"]:
        case "choice":
            return action
        case "quantity":
            return args["amount"]
        case "message":
            return args["text"]
        case _:
            return dict(args)


def _event(row: Row[Any]) -> Event:
    return Event(
        seq=row.seq,
        tick=row.tick,
        kind=row.kind,
        agent=row.agent,
        target=row.target,
        decision=row.decision,
        value=row.value,
        payload=parse(row.payload) if row.payload else NOTHING,
        text=row.words,
    )


def _claim(row: Row[Any]) -> Claim:
    return Claim(
        seq=row.seq,
        agent=row.agent,
        subject=row.subject,
        said=unlabel(row.said),
        world=unlabel(row.world),
        private=unlabel(row.private),
    )
