"""Captures that a run lost: where it was killed, the log answers again, and nothing is read on the way.

What is missing when a run has ended is read again from the logged tokens, by the same model, and marked
``recomputed``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from db.reading import RunInfo, get_run
from db.store import Store
from lab.core.errors import LabError
from lab.runner.answers import bare_agents, finished_runs
from lab.runner.repeat import played_by
from lab.runner.reread_plan import Readers, Wish
from lab.runner.rereading import reread
from scenarios.spec import Scenario
from scenarios.study import Study

Captures = Mapping[str, Mapping[str, Any]]
"""The `capture` of each agent that has one, by the agent's name."""


@dataclass(frozen=True, slots=True)
class Completed:
    """What was read again after runs ended.

    Attributes:
        captured: answers of which something was kept.
        problems: why others were not, in words.
    """

    captured: int = 0
    problems: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What is worth telling of it."""
        if not self.captured:
            return self.problems
        return f"captures of {self.captured:,} answers were missing and are read again", *self.problems


def complete_run(store: Store, info: RunInfo, scenario: Scenario | None = None) -> Completed:
    """Read again what a run should have kept of its answers and did not; nothing unless it ended.

    Args:
        store: the log.
        info: the run.
        scenario: as this call has it; None to go by what the run was begun with alone.
    """
    if info.digest is None or (scenario is not None and not _asks_models(scenario)):
        return Completed()
    now = {} if scenario is None else _captures_of(scenario)
    return _complete(store, [info.id], lambda _: now, ended={info.id})


def complete_study(store: Store, study: Study, study_id: str, ended: Collection[str]) -> Completed:
    """Likewise for the finished runs of a study.

    Args:
        store: the log.
        study: as this call has it.
        study_id: its id in the log.
        ended: the runs that this call ended; of others, what they were begun with is completed.
    """
    scenarios = [cell.scenario for cell in study.cells()]
    if not any(map(_asks_models, scenarios)):
        return Completed()
    captures = [_captures_of(scenario) for scenario in scenarios]
    runs = [run for run in finished_runs(store, study_id) if run in ended or any(captures)]
    return _complete(store, runs, lambda info: captures[info.cell_index or 0], ended=ended)


def _complete(
    store: Store, runs: Iterable[str], now: Callable[[RunInfo], Captures], *, ended: Collection[str]
) -> Completed:
    captured, bare_runs, problems, readers = 0, 0, list[str](), Readers()
    for run in runs:
        bare = bare_agents(store, run)
        if not bare:
            continue
        info = get_run(store, run)
        begun = _captures_in(played_by(store, info).policies)
        wanted = {**now(info), **begun} if run in ended else begun
        bare_runs += any(agent in bare for agent in now(info).keys() - wanted.keys())
        for agent in sorted(bare & wanted.keys()):
            wish = Wish(options=wanted[agent], agent=agent, most_gb=inf, origin="recomputed")
            try:
                captured += reread(store, [info], wish, readers=readers).captured
            except LabError as error:
                problems.append(f"captures of {agent} in run {run} are missing: {error}")
    if bare_runs:
        problems.append(f"runs that ended before without captures: {bare_runs:,}; `lab capture` adds them")
    return Completed(captured, tuple(problems))


def _asks_models(scenario: Scenario) -> bool:
    return any(agent.policy.kind == "llm" for agent in scenario.agents)


def _captures_of(scenario: Scenario) -> Captures:
    return _captures_in({agent.name: agent.policy.to_json() for agent in scenario.agents})


def _captures_in(policies: Captures) -> Captures:
    """What is to be kept of each agent of whom anything is."""
    return {name: one["capture"] for name, one in policies.items() if one.get("capture") is not None}
