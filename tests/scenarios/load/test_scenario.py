from __future__ import annotations

from pathlib import Path

import pytest

from lab.core.errors import ScenarioError
from scenarios.load import load_scenario, revise
from scenarios.spec import Scenario, ThinkTime
from tests.scenarios.load.toys import GOOD, MARKET, Policies, told, write


def test_a_scenario_is_completed_by_defaults_of_file_and_environment(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, GOOD), policies=Policies())
    assert scenario.params == {
        "rounds": 8,
        "prices": [[1, 2], [3]],
        "tax": {"rate": 0.5, "paid_by": "seller"},
        "rebate": None,
        "limit": 3,
    }
    assert [(agent.name, agent.group, agent.role) for agent in scenario.agents] == [
        ("ann", None, "buyer"),
        ("shop-1", "shop", "seller"),
        ("shop-2", "shop", "seller"),
    ]
    assert scenario.agents[2].params == {"goal": "profit"}
    assert scenario.render.cover == ("neutral",)
    assert scenario.measures == ("volume",)
    assert (scenario.environment, scenario.environment_version) == (MARKET, 4)


def test_all_measures_are_computed_where_none_are_named(tmp_path: Path) -> None:
    scenario = load_scenario(write(tmp_path, GOOD.replace("measures: [volume]", "")))
    assert scenario.measures == ("volume", "surplus")


def test_scalars_stand_for_lists_of_one_and_for_base_ticks(tmp_path: Path) -> None:
    text = GOOD.replace("role: buyer", "role: buyer, think_time: 3")
    scenario = load_scenario(write(tmp_path, text + "    render: {wording: 1, cover: bazaar}\n"))
    assert scenario.agents[0].think_time == ThinkTime(base=3)
    assert (scenario.render.wording, scenario.render.cover) == ((1,), ("bazaar",))


def test_the_seed_of_the_call_takes_the_place_of_the_files(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert load_scenario(path, seed=11).seed == 11
    with pytest.raises(ScenarioError, match=r"^--seed -1: a seed is a whole number from 0 to \d+$"):
        load_scenario(path, seed=-1)


def test_the_order_of_keys_in_a_file_means_nothing(tmp_path: Path) -> None:
    one = load_scenario(write(tmp_path, GOOD))
    other = load_scenario(
        write(tmp_path, GOOD.replace("rounds: 8, prices: [[1, 2], [3]]", "prices: [[1, 2], [3]], rounds: 8"))
    )
    assert one == other  # fmt: skip


def test_a_problem_of_the_text_hides_what_follows_from_it(tmp_path: Path) -> None:
    assert told(write(tmp_path, GOOD.replace("rounds: 8", "rounds: 08"))) == [
        "x.yaml:4:18: params.rounds: 08 can mean an octal number; write 8, or '08' in quotes"
    ]


def base(folder: Path) -> Scenario:
    return load_scenario(write(folder, GOOD), policies=Policies())


def test_revising_nothing_changes_nothing(tmp_path: Path) -> None:
    scenario = base(tmp_path)
    assert revise(scenario, set_=[], policies=Policies()) == scenario


def test_a_resolved_scenario_can_be_revised_without_its_file(tmp_path: Path) -> None:
    stored = Scenario.from_json(base(tmp_path).to_json())
    revised = revise(stored, set_=["params.tax.rate=0", "agents.shop.policy.slope=3"], policies=Policies())
    assert revised.params["tax"] == {"rate": 0, "paid_by": "seller"}
    assert [agent.policy.to_json().get("slope") for agent in revised.agents] == [None, 3, 3]
    assert [agent.group for agent in revised.agents] == [None, "shop", "shop"]


def test_a_bad_revision_is_told_with_the_option(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"^--set params\.rounds=0: should be greater than or equal to 1"):
        revise(base(tmp_path), set_=["params.rounds=0"])


def test_a_study_under_a_scenarios_name_is_told_to_be_one(tmp_path: Path) -> None:
    path = write(tmp_path, "schema: 1\nstudy: s\nscenario: x.yaml\n", "s.yaml")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    assert str(caught.value).endswith(
        "s.yaml:2:1: study: this is a study, and the name of a study's file ends in .study.yaml"
    )
