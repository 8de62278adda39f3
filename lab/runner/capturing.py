"""Captures asked for on the command line, as options of every agent that a local model plays.

What is captured changes nothing that happens: a run's identity is the same with and without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.capture_options import CAPTURING, parse_capture
from agents.catalog import Catalog
from agents.models.spec import model_spec
from lab.core.errors import UsageError
from lab.core.ports import AgentFacts
from scenarios.spec import AgentSpec, Scenario
from scenarios.study import Study


def captured_scenario(scenario: Scenario, capture: str) -> Scenario:
    """The scenario with captures of every agent that a local model plays; see `parse_capture`.

    Raises:
        UsageError: when no local model plays, or one has no such activations.
    """
    changed = _captured(scenario, capture)
    if changed is scenario:
        raise UsageError(_nobody(capture))
    return changed


def captured_study(study: Study, capture: str) -> Study:
    """The study with captures of every agent that a local model plays in any of its cells.

    Raises:
        UsageError: when no local model plays, or one has no such activations.
    """
    base, cells = _captured(study.scenario, capture), [cell.scenario for cell in study.cells()]
    changed = [_captured(cell, capture) for cell in cells]
    if all(new is old for new, old in zip(changed, cells, strict=True)):
        raise UsageError(_nobody(capture))
    first = base.to_json()
    differing = (
        {name: value for name, value in one.to_json().items() if first[name] != value} for one in changed
    )
    return replace(study, scenario=base, changes=tuple(differing))


def _captured(scenario: Scenario, capture: str) -> Scenario:
    """The scenario itself where no local model plays."""
    options = parse_capture(capture)
    facts = scenario.agent_facts()
    local = [_is_local(agent, one) for agent, one in zip(scenario.agents, facts, strict=True)]
    if not any(local):
        return scenario
    data = scenario.to_json()
    for agent, one, captures in zip(data["agents"], facts, local, strict=True):
        if captures:
            agent["policy"] = {**agent["policy"], "capture": options}
            _check(agent["policy"], scenario, one, capture)
    return Scenario.from_json(data)


def _is_local(agent: AgentSpec, facts: AgentFacts) -> bool:
    policy = agent.policy.to_json()
    return policy["kind"] == "llm" and model_spec(str(policy["model"]), facts.aliases).provider == CAPTURING


def _check(policy: Mapping[str, Any], scenario: Scenario, facts: AgentFacts, capture: str) -> None:
    found = [
        message
        for path, message in Catalog().problems(policy, scenario.environment_class(), facts)
        if path.startswith("capture")
    ]
    if found:
        raise UsageError("\n".join(f"--capture {capture}: {facts.name}: {message}" for message in found))


def _nobody(capture: str) -> str:
    return f"--capture {capture}: no agent is played by a model in this process (local/…)"
