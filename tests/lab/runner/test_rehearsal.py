"""A rehearsal is the study itself, with a stand-in for everybody who costs money or time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.catalog import Catalog
from lab.runner.rehearsal import rehearsal, rehearsed
from scenarios.load import load_study
from scenarios.spec import Scenario
from scenarios.study import Study
from tests.support.studies import write_study

UNIFORM = {"kind": "llm", "model": "mock/uniform", "cognition": "direct"}


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """The study `small`, not run."""
    return load_study(write_study(tmp_path), policies=Catalog())


def with_policy(scenario: Scenario, policy: dict[str, Any]) -> Scenario:
    """The scenario with its first agent's policy replaced, unchecked."""
    data = scenario.to_json()
    data["agents"][0]["policy"] = policy
    return Scenario.from_json(data)


@pytest.mark.parametrize(
    ("policy", "stand_in"),
    [
        ({"kind": "scripted", "name": "free_rider"}, {"kind": "scripted", "name": "free_rider"}),
        ({"kind": "human"}, UNIFORM),
        ({"kind": "llm", "model": "local/qwen"}, UNIFORM),
        (
            {"kind": "llm", "model": "main", "cognition": "react", "memory": {"mode": "none"}},
            {**UNIFORM, "cognition": "react", "memory": {"mode": "none"}},
        ),
        ({"kind": "llm", "model": "main", "decide": "score", "sampling": {"top_k": 4}}, UNIFORM),
    ],
)
def test_models_and_persons_are_replaced_and_rules_stay(
    study: Study, policy: dict[str, Any], stand_in: dict[str, Any]
) -> None:
    scenario = with_policy(study.scenario, policy)
    first, *others = rehearsed(scenario).agents
    assert first.policy.to_json() == stand_in
    assert tuple(others) == scenario.agents[1:]


def test_every_cell_is_rehearsed_under_the_studys_seeds(study: Study) -> None:
    data = study.to_json()
    for changed in data["changes"]:
        if "agents" in changed:
            changed["agents"][1]["policy"] = {"kind": "llm", "model": "openai/gpt-5-mini"}
    tried = rehearsal(Study.from_json(data))
    policies = [one.scenario.agents[1].policy.to_json() for one in tried.cells()]
    assert tried.name == "small-rehearsal"
    assert policies.count(UNIFORM) == sum("agents" in changed for changed in data["changes"]) > 0
    assert [cell.name for cell in tried.cells()] == [cell.name for cell in study.cells()]
    assert [one.seed for one in tried.plan()] == [one.seed for one in study.plan()]
