"""A study or scenario with a stand-in for every model and person: what it would do, without what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from scenarios.spec import Scenario
from scenarios.study import Study

STAND_IN = "mock/uniform"
SUFFIX = "-rehearsal"

KEPT = ("cognition", "memory")
"""What a rehearsed policy keeps: how often it calls and what it remembers, nothing of its model."""


def rehearsal(study: Study) -> Study:
    """The study `<name>-rehearsal`: the same cells and seeds, `STAND_IN` in place of models and persons."""
    changes = tuple(_rehearsed_sections(changed) for changed in study.changes)
    return replace(study, name=study.name + SUFFIX, scenario=rehearsed(study.scenario), changes=changes)


def rehearsed(scenario: Scenario) -> Scenario:
    """The scenario with `STAND_IN` in place of models and persons; scripted agents stay."""
    return Scenario.from_json(_rehearsed_sections(scenario.to_json()))


def _rehearsed_sections(data: Mapping[str, Any]) -> dict[str, Any]:
    if "agents" not in data:
        return dict(data)
    return {**data, "agents": list(_rehearsed_agents(data["agents"]))}


def _rehearsed_agents(agents: Iterable[Mapping[str, Any]]) -> Iterable[dict[str, Any]]:
    return ({**agent, "policy": _rehearsed_policy(agent["policy"])} for agent in agents)


def _rehearsed_policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    if policy["kind"] not in ("llm", "human"):
        return dict(policy)
    kept = {name: policy[name] for name in KEPT if name in policy}
    return {"kind": "llm", "model": STAND_IN, "cognition": "direct", **kept}
