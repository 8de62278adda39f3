"""``--capture`` asks for captures of every agent that a local model plays, and of no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lab
from lab.core.canonical import value_hash
from lab.core.errors import UsageError
from lab.runner.capturing import captured_scenario, captured_study
from scenarios.spec import Scenario
from scenarios.study import Study
from tests.support.captures import BLUFF, ORGANISM

STUDY = f"""\
schema: 1
study: two
scenario: {BLUFF}
factors:
  claimant:
    path: agents.ann.policy
    levels:
      organism: {{kind: llm, model: local/organisms/bluff}}
      rule: {{kind: scripted, name: truthful}}
"""


def policies(scenario: Scenario) -> dict[str, dict[str, Any]]:
    return {agent.name: agent.policy.to_json() for agent in scenario.agents}


@pytest.fixture
def bluff() -> Scenario:
    loaded = lab.load(BLUFF, swap=[ORGANISM])
    assert isinstance(loaded, Scenario)
    return loaded


@pytest.fixture
def study(tmp_path: Path) -> Study:
    file = tmp_path / "two.study.yaml"
    file.write_text(STUDY)
    loaded = lab.load(file)
    assert isinstance(loaded, Study)
    return loaded


def test_local_agents_capture_and_the_others_stay_as_they_are(bluff: Scenario) -> None:
    before, after = policies(bluff), policies(captured_scenario(bluff, "z@mid"))
    assert after["ann"] == {**before["ann"], "capture": {"sites": ["z"], "layers": "mid"}}
    assert after["bob"] == before["bob"]


def test_what_is_captured_changes_no_identity(bluff: Scenario, study: Study) -> None:
    assert value_hash(captured_scenario(bluff, "all").identity()) == value_hash(bluff.identity())
    assert value_hash(captured_study(study, "all").identity()) == value_hash(study.identity())


def test_the_cells_of_a_study_capture_where_a_local_model_plays(study: Study) -> None:
    first, second = (policies(cell.scenario)["ann"] for cell in captured_study(study, "every4").cells())
    assert first["capture"] == {"layers": "every4"}
    assert "capture" not in second
    assert [one.name for one in captured_study(study, "all").cells()] == [one.name for one in study.cells()]


def test_captures_of_nobody_are_refused() -> None:
    loaded = lab.load(BLUFF)
    assert isinstance(loaded, Scenario)
    with pytest.raises(UsageError, match=r"--capture all: no agent is played by a model in this process"):
        captured_scenario(loaded, "all")


@pytest.mark.parametrize(
    ("capture", "words"),
    [("zz", "ann: unknown site 'zz'"), ("0,9", "layer 9 is out of range"), ("all:pre", "unknown span 'pre'")],
)
def test_what_the_model_lacks_is_told_of_the_agent(bluff: Scenario, capture: str, words: str) -> None:
    with pytest.raises(UsageError, match=f"--capture {capture}: .*{words}"):
        captured_scenario(bluff, capture)
