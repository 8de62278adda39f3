"""Logged answers whose activations are to be read, and what the log keeps of them already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from agents.models.local.logged import LoggedAnswer, logged_answer
from db.reading import recorded_calls
from db.store import Store
from lab.analysis.rows import rows
from lab.core.canonical import parse
from lab.core.errors import StoreError

Key = tuple[str, int, int, int, int]
"""Run, seq, call, attempt and try of a model call."""

_BARE = """SELECT DISTINCT m.agent FROM model_call m
    WHERE m.run = ? AND m.parsed IS NOT NULL AND m.prompt_ids IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM capture c WHERE c.run = m.run AND c.seq = m.seq AND c.call = m.call
                    AND c.attempt = m.attempt AND c."try" = m."try")
    AND NOT EXISTS (SELECT 1 FROM probe_score s WHERE s.run = m.run AND s.seq = m.seq AND s.call = m.call
                    AND s.attempt = m.attempt AND s."try" = m."try" AND s.strip IS NOT NULL)"""


class Kept(NamedTuple):
    """A span of a call that the log has, of one set of sites and one model."""

    key: Key
    span: str
    site_set: str
    artifact: str


class LoggedModel(NamedTuple):
    """A model as it was used, as far as it tells models apart."""

    id: str
    provider: str
    name: str
    fingerprint: str | None
    tokenizer: str | None
    dtypes: Mapping[str, int] | None


def answers_of(store: Store, run: str, *, agent: str | None = None) -> Iterator[LoggedAnswer]:
    """The answers of a run in the log's order; of one agent only where it is named."""
    for row, texts in recorded_calls(store, run):
        if agent is None or row.agent == agent:
            answer = logged_answer(row, texts)
            if answer is not None:
                yield answer


def last_answers_of(store: Store, run: str) -> list[LoggedAnswer]:
    """The answer that each decision of a run ended with, in the log's order; none where it ended without."""
    last: dict[int, LoggedAnswer] = {}
    attempts: dict[int, int] = {}
    for row, texts in recorded_calls(store, run):
        if row.attempt > attempts.get(row.seq, -1):
            last.pop(row.seq, None)
            attempts[row.seq] = row.attempt
        answer = logged_answer(row, texts)
        if answer is not None:
            last[row.seq] = answer
    return list(last.values())


def kept_of(store: Store, run: str) -> set[Kept]:
    """What the log keeps of a run's activations."""
    sql = 'SELECT run, seq, call, attempt, "try", span, site_set, artifact FROM capture WHERE run = ?'
    found = (tuple(row.values()) for row in rows(store, sql, run))
    return {Kept(one[:5], *one[5:]) for one in found}


def scored_of(store: Store, run: str) -> set[Key]:
    """The calls of a run whose tokens were scored."""
    sql = 'SELECT run, seq, call, attempt, "try" FROM probe_score WHERE run = ? AND strip IS NOT NULL'
    return {(*row.values(),) for row in rows(store, sql, run)}


def bare_agents(store: Store, run: str) -> set[str]:
    """The agents of a run that gave an answer of which nothing is kept."""
    return {row["agent"] for row in rows(store, _BARE, run)}


def finished_runs(store: Store, study: str) -> list[str]:
    """The finished runs of a study, by the study's id."""
    sql = """SELECT id FROM run WHERE study = ? AND digest IS NOT NULL
        ORDER BY replicate, cell_index"""
    return [row["id"] for row in rows(store, sql, study)]


def logged_model(store: Store, artifact: str) -> LoggedModel:
    """The model of the log with this id.

    Raises:
        StoreError: when the log lacks it.
    """
    sql = "SELECT id, provider, name, fingerprint, config FROM model_artifact WHERE id = ?"
    found = next(rows(store, sql, artifact), None)
    if found is None:
        raise StoreError(f"model {artifact} is missing from the log; `lab db check` says more")
    config = parse(found.pop("config"))
    return LoggedModel(**found, tokenizer=config.get("tokenizer"), dtypes=config.get("dtypes"))
