"""Plays the scenario files that ship with the social family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from agents.catalog import Catalog
from scenarios.load import load_scenario
from scenarios.spec import Scenario
from tests.support.worlds import Played, play

FOLDER = Path(__file__).parents[3] / "scenarios" / "social"


def play_shipped(environment: Any, name: str) -> tuple[Scenario, Played]:
    """The scenario `name`.yaml, and its world played to the end under the file's seed."""
    catalog = Catalog()
    scenario = load_scenario(FOLDER / f"{name}.yaml", policies=catalog)
    policies = {
        agent.name: catalog.build(agent.policy.to_json(), environment, facts)
        for agent, facts in zip(scenario.agents, scenario.agent_facts(), strict=True)
    }
    given = {agent.name: dict(agent.params) for agent in scenario.agents}
    return scenario, play(environment, scenario.params, policies, seed=scenario.seed, agent_params=given)
