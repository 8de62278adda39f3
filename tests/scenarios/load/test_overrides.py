# ruff: noqa: E501 (each row of the tables stands on one line)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import ScenarioError
from scenarios.load import load_scenario
from scenarios.load.overrides import expanded, parse_path, parse_settings
from scenarios.load.tree import Place, from_plain
from scenarios.spec import Scenario
from tests.scenarios.load.toys import GOOD, Policies, told, write


def loaded(folder: Path, *settings: str) -> Scenario:
    return load_scenario(write(folder, GOOD), policies=Policies(), set_=settings)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("params.rounds", ("params", "rounds")),
        ("agents.coop-1.policy.slope", ("agents", "coop-1", "policy", "slope")),
        ("params.prices[0][1]", ("params", "prices", 0, 1)),
        ("seed", ("seed",)),
        ("", None),
        (".a", None),
        ("a..b", None),
        ("[0]", None),
        ("a[x]", None),
    ],
)
def test_paths_are_steps(text: str, path: Any) -> None:
    assert parse_path(text) == path


def test_a_group_becomes_its_members() -> None:
    agents = [{"name": "ann"}, {"name": "coop", "count": 2, "role": "x"}]
    draft = expanded(from_plain({"agents": agents}, Place("f")), Path())
    assert draft.root.plain()["agents"] == [
        {"name": "ann"},
        {"name": "coop-1", "role": "x"},
        {"name": "coop-2", "role": "x"},
    ]
    assert draft.groups == (None, "coop", "coop")


@pytest.mark.parametrize("count", [0, -1, True, "2", 1.0, 10**6])
def test_a_bad_count_is_left_for_the_spec_to_refuse(count: Any) -> None:
    root = from_plain({"agents": [{"name": "coop", "count": count}]}, Place("f"))
    assert expanded(root, Path()).root.plain() == root.plain()


def test_a_setting_changes_what_its_path_names(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path, "params.rounds=9", "agents.shop.policy.slope=2", "params.prices[0][1]=7", "seed=4"
    )
    assert scenario.params["rounds"] == 9
    assert scenario.params["prices"] == [[1, 7], [3]]
    assert [agent.policy.to_json().get("slope") for agent in scenario.agents] == [None, 2, 2]
    assert scenario.seed == 4


def test_a_member_of_a_group_can_be_changed_alone(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, "agents.shop-2.policy={kind: scripted, name: other}")
    assert [agent.policy.to_json()["name"] for agent in scenario.agents] == ["greedy", "fixed", "other"]


def test_the_last_of_two_settings_wins(tmp_path: Path) -> None:
    assert loaded(tmp_path, "seed=1", "seed=2").seed == 2


def test_the_size_of_a_group_can_be_set(tmp_path: Path) -> None:
    assert [a.name for a in loaded(tmp_path, "agents.shop.count=1").agents] == ["ann", "shop-1"]


def test_a_default_is_filled_in_around_a_value_set_inside_it(tmp_path: Path) -> None:
    assert loaded(tmp_path, "params.tax.rate=0.2").params["tax"] == {"rate": 0.2, "paid_by": "seller"}


BAD = [
    ("params.roundz=5", "unknown key 'roundz'; did you mean 'rounds'? (known: limit, prices, rebate, rounds, tax)"),
    ("params.rounds=many", "should be a whole number, not 'many'"),
    ("params.rounds=no", "a bare no can mean a truth value; write true or false, or 'no' in quotes"),
    ("params.rounds=[1", "not valid YAML: expected ',' or ']', but got '<stream end>' while parsing a flow sequence on line 1"),
    ("params.rounds=", "nothing in it"),
    ("params.rounds", "should be path=value, such as params.rounds=5"),
    ("=5", "should be path=value, such as params.rounds=5"),
    ("params.rebate.rate=1", "'rebate' is null; it has no part 'rate'"),
    ("params.prices[5]=1", "'prices' is a list; it has no part '5'"),
    ("name=other", "'name' cannot be changed"),
    ("agents.bob.role=buyer", "unknown agent 'bob' (known: ann, shop, shop-1, shop-2)"),
    ("agents.0.role=buyer", "agents are named here, never numbered: agents.NAME.policy"),
    ("agents[0].role=buyer", "agents are named here, never numbered: agents.NAME.policy"),
    ("agents.ann=1", "should go on to a part of an agent: agents.NAME.count|params|persona|policy|role|think_time"),
    ("agents.ann.name=x", "unknown key 'name' (known: count, params, persona, policy, role, think_time)"),
    ("agents.ann.policy.slope=-1", "should not be negative"),
    ("agents.shop.count=0", "should be greater than or equal to 1, not 0"),
    ("agents.sho.count=2", "unknown agent 'sho'; did you mean 'shop'? (known: ann, shop)"),
    ("environment=social/nope", None),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "message"), BAD)
def test_a_bad_setting_is_told_with_the_option(tmp_path: Path, setting: str, message: str | None) -> None:
    problems = told(write(tmp_path, GOOD), set_=[setting])
    assert problems[0].startswith(f"--set {setting}: ")
    if message:
        assert problems == [f"--set {setting}: {message}"]


def test_all_bad_settings_are_told_together_with_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("[volume]", "[volumes]"))
    problems = told(path, set_=["params.rounds=x", "agents.bob.role=buyer"])
    assert [problem.partition(":")[0] for problem in problems] == [
        "--set agents.bob.role=buyer",
        "--set params.rounds=x",
        "x.yaml",
    ]


def test_a_setting_can_mend_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("rounds: 8", "rounds: 0"))
    assert load_scenario(path, set_=["params.rounds=5"]).params["rounds"] == 5
    with pytest.raises(ScenarioError):
        load_scenario(path)


def test_settings_are_parsed_in_order() -> None:
    overrides, problems = parse_settings(["a.b=1", "c={d: 2}"])
    assert [(one.path, one.value.plain()) for one in overrides] == [(("a", "b"), 1), (("c",), {"d": 2})]
    assert problems == []
