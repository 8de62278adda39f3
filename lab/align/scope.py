"""Whose decisions are meant: those that a model answered in the finished runs of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from db import studies
from db.store import Store
from lab.analysis.rows import Row, rows
from lab.core.canonical import parse
from lab.core.errors import UnknownName, UsageError
from lab.core.records import TruthSpec
from scenarios.study import Study as StudySpec

Key = tuple[str, int]
"""A decision: its run and seq."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A finished run: what it was of, and the hash of all that happened."""

    environment: str
    cell: str
    seed: int
    digest: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that a model answered, with the call that answered it.

    Attributes:
        run, seq, agent, phase: as in the log.
        step: how many decisions of this phase the agent made in the run before.
        action: what the agent did; None when it did nothing valid.
        args: the action's arguments, JSON; None without any.
        before: its action at the step before; None at the first.
        request: content address of what the model was sent.
        call, attempt, try_: the rest of the key of the model call.
    """

    run: str
    seq: int
    agent: str
    phase: str
    step: int
    action: str | None
    args: str | None
    before: str | None
    request: str
    call: int
    attempt: int
    try_: int


@dataclass(frozen=True)
class Scope:
    """The finished runs of a study, and the decisions in them that a model answered.

    Attributes:
        study, id: its name, and its id in the log.
        spec: what was planned.
        runs: id → facts, in the order of cells and seeds.
        decisions: key → decision, in the order of the runs and of seq.
        unfinished: runs of the study that count for nothing here, not being done.
    """

    study: str
    id: str
    spec: StudySpec
    runs: Mapping[str, RunFacts]
    decisions: Mapping[Key, Decision]
    unfinished: int

    def only(self, *, phase: str | None = None, environments: frozenset[str] | None = None) -> Scope:
        """The scope without the decisions of other phases and the runs of other environments."""
        kept = {
            run: facts
            for run, facts in self.runs.items()
            if environments is None or facts.environment in environments
        }
        chosen = {
            key: one
            for key, one in self.decisions.items()
            if one.run in kept and (phase is None or one.phase == phase)
        }
        return replace(self, runs=kept, decisions=chosen)

    @cached_property
    def phases(self) -> tuple[str, ...]:
        """The phases in which its agents decide, in order of appearance."""
        return tuple(dict.fromkeys(one.phase for one in self.decisions.values()))

    def truth(self, name: str) -> TruthSpec | None:
        """What its environments declare of a hidden variable; None where their code is not at hand.

        Raises:
            UsageError: when two of them declare different values under one name.
        """
        declared: dict[str, TruthSpec] = {}
        wanted = {facts.environment for facts in self.runs.values()}
        for cell in self.spec.cells():
            if cell.scenario.environment in wanted:
                try:
                    spec = cell.scenario.environment_class().truth.get(name)
                except UsageError:
                    continue
                if spec is not None:
                    declared.setdefault(cell.scenario.environment, spec)
        if len({spec.values for spec in declared.values()}) > 1:
            raise UsageError(
                f"variable '{name}' is another thing in each of {', '.join(declared)}: "
                "choose one with --environment"
            )
        return next(iter(declared.values()), None)


def read_scope(
    store: Store, study: str, *, environment: str | None = None, agent: str | None = None
) -> Scope:
    """The decisions of a study that models answered, in its finished runs.

    Args:
        store: the log.
        study: the study's name.
        environment: only runs of this environment.
        agent: only decisions of this agent.

    Raises:
        UnknownName: when the log has no such study, or the study no such environment or agent.
        UsageError: when no model answered anything in a finished run.
    """
    info = studies.get_study(store, study)
    everything = list(rows(store, _RUNS, info.id))
    found = {
        row["id"]: RunFacts(row["environment"], row["cell"] or "", row["seed"], row["digest"])
        for row in everything
        if row["digest"] is not None
    }
    _check(environment, "environment", {facts.environment for facts in found.values()})
    runs = {run: facts for run, facts in found.items() if environment in (None, facts.environment)}
    answered = [row for row in rows(store, _ANSWERED, info.id) if row["run"] in runs]
    _check(agent, "agent", {row["agent"] for row in answered})
    decisions = _decisions((row for row in answered if agent in (None, row["agent"])), runs)
    if not decisions:
        raise UsageError(f"study '{study}': no finished run has a decision that a model answered")
    spec = StudySpec.from_json(parse(info.spec))
    return Scope(study, info.id, spec, runs, decisions, len(everything) - len(found))


def _check(name: str | None, kind: str, known: set[str]) -> None:
    if name is not None and name not in known:
        raise UnknownName(kind, name, known)


def _decisions(answered: Iterable[Row], runs: Iterable[str]) -> dict[Key, Decision]:
    """Rows as decisions: the last call of each, steps counted, in the order of the runs."""
    place = {run: index for index, run in enumerate(runs)}
    last = {(row["run"], row["seq"]): row for row in answered}
    made: dict[Key, Decision] = {}
    so_far: dict[tuple[str, str, str], tuple[int, str | None]] = {}
    for run, seq in sorted(last, key=lambda key: (place[key[0]], key[1])):
        row = last[run, seq]
        course = (run, row["agent"], row["phase"])
        step, before = so_far.get(course, (0, None))
        made[run, seq] = Decision(step=step, before=before, **row)
        so_far[course] = (step + 1, made[run, seq].action)
    return made


_RUNS = """
SELECT id, environment, cell, seed, CASE WHEN status IN ('done', 'limited') THEN digest END AS digest
FROM run WHERE study = ? ORDER BY cell_index, replicate, id
"""

_ANSWERED = """
SELECT d.run, d.seq, d.agent, d.phase, d.action, d.args,
       c.request, c.call, c.attempt, c."try" AS try_
FROM decision d JOIN model_call c ON c.run = d.run AND c.seq = d.seq
WHERE c.reply IS NOT NULL AND d.run IN (SELECT id FROM run WHERE study = ?)
ORDER BY d.run, d.seq, c.attempt, c.call, c."try"
"""
