"""What is to be run: each run of a study, or one run of a scenario, as rows the log can claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from db.runs import AgentRow, RunPlan
from lab.core.canonical import canonical, value_hash
from lab.core.ids import run_id
from lab.runner.fingerprint import code_hash, versions
from scenarios.spec import Scenario
from scenarios.study import Cell, Study


def family_of(scenario: Scenario) -> str:
    """The environment's family: `social` of `social/bluff`, `own` for an environment by import string."""
    family, slash, _ = scenario.environment.partition("/")
    return family if slash else "own"


def single_plan(scenario: Scenario, *, ordinal: int) -> RunPlan:
    """The plan of one run of a scenario under its own seed; `ordinal` counts runs of equal identity."""
    identity = value_hash(scenario.identity())
    return _plan(scenario, run_id("run", identity, scenario.seed, ordinal), ordinal=ordinal)


def fork_plan(scenario: Scenario, *, parent: str, at: int, changes: Mapping[str, object]) -> RunPlan:
    """The plan of a fork of `parent` at decision `at`; equal changes make the same fork."""
    name = run_id("fork", parent, at, value_hash(changes))
    return _plan(scenario, name, parent=parent, fork_at=at, fork=canonical(changes))


def study_plans(study: Study, study_id: str, *, replicates: int | None = None) -> Iterator[RunPlan]:
    """The plans of a study, replicate by replicate, so that a study cut short is balanced over its cells."""
    cells = study.cells()
    drafts = [_cell_draft(study, study_id, cell) for cell in cells]
    data = [cell.scenario.to_json() for cell in cells]
    for cell, replicate, seed in study.plan():
        if replicates is not None and replicate >= replicates:
            return
        yield replace(
            drafts[cell.index],
            id=run_id("study", study_id, cell.name, replicate),
            replicate=replicate,
            seed=seed,
            scenario_text=canonical(data[cell.index] | {"seed": seed}),
            look=_look_text(cell.scenario, seed),
        )


def _cell_draft(study: Study, study_id: str, cell: Cell) -> RunPlan:
    """What all plans of a cell have in common; made once, because a study may have many runs."""
    paths = {factor.alias: factor.path for factor in study.factors}
    return _plan(
        cell.scenario,
        "",
        study=study_id,
        cell=cell.name,
        cell_index=cell.index,
        params=tuple((alias, paths[alias], level) for alias, level in cell.levels.items()),
        factors=canonical(dict(cell.levels)),
    )


def _plan(
    scenario: Scenario,
    run: str,
    *,
    study: str | None = None,
    cell: str | None = None,
    cell_index: int | None = None,
    params: tuple[tuple[str, str, str], ...] = (),
    factors: str = "{}",
    parent: str | None = None,
    fork_at: int | None = None,
    fork: str | None = None,
    ordinal: int = 0,
) -> RunPlan:
    kind = scenario.environment_class()
    return RunPlan(
        id=run,
        study=study,
        name=scenario.name,
        environment=scenario.environment,
        environment_version=kind.version,
        family=family_of(scenario),
        scenario_text=canonical(scenario.to_json()),
        scenario_hash=value_hash(scenario.identity()),
        cell=cell,
        cell_index=cell_index,
        replicate=None,
        seed=scenario.seed,
        factors=factors,
        params=params,
        agents=_agent_rows(scenario),
        parent=parent,
        fork_at=fork_at,
        fork=fork,
        look=_look_text(scenario, scenario.seed),
        code_hash=code_hash(kind),
        versions=canonical(versions()),
        ordinal=ordinal,
    )


def _look_text(scenario: Scenario, seed: int) -> str:
    look = scenario.look(seed)
    return canonical({"wording": look.wording, "cover": look.cover, "labels": dict(look.labels)})


def _agent_rows(scenario: Scenario) -> tuple[AgentRow, ...]:
    return tuple(
        AgentRow(
            name=agent.name,
            position=position,
            role=agent.role,
            grp=agent.group,
            persona=agent.persona,
            policy=agent.policy.kind,
            policy_name=agent.policy.to_json().get("name"),
            policy_spec=canonical(agent.policy.to_json()),
            model=agent.policy.to_json().get("model"),
            params=canonical(dict(agent.params)),
            think_time=canonical(agent.think_time.model_dump()),
        )
        for position, agent in enumerate(scenario.agents)
    )
