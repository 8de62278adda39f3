from __future__ import annotations

import json
from typing import Any

import pytest

from lab.core.errors import UsageError
from scenarios.spec import AgentSpec, Scenario
from tests.scenarios.load.toys import MARKET, MarketParams, TraderParams

DATA: dict[str, Any] = {
    "schema": 1,
    "name": "fair",
    "environment": MARKET,
    "environment_version": 4,
    "seed": 7,
    "params": {"rounds": 8},
    "agents": [
        {"name": "ann", "policy": {"kind": "scripted", "name": "x"}, "role": "buyer"},
        {"name": "shop-1", "group": "shop", "policy": {"kind": "scripted"}, "params": {"goal": "fame"}},
    ],
    "render": {"wording": [0, 1], "labels": "shuffle", "cover": ["neutral", "bazaar"]},
    "measures": ["volume"],
}


def scenario(**changes: Any) -> Scenario:
    return Scenario.from_json(DATA | changes)


def test_a_scenario_survives_being_written_down() -> None:
    text = json.dumps(scenario().to_json())
    assert Scenario.from_json(json.loads(text)) == scenario()


def test_a_scenario_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        scenario().seed = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 2},
        {"agents": []},
        {"seed": -1},
        {"extra": 1},
        {"clock": {"max_ticks": 0}},
        {"limits": {"tokens": 0}},
        {"agents": [{"name": "a b", "policy": {"kind": "x"}}]},
    ],
)
def test_what_is_no_resolved_scenario_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^not a resolved scenario: "):
        scenario(**changes)


def test_own_code_is_written_down_but_is_no_identity() -> None:
    own = scenario(code_dir="/somewhere", code_hash="ab")
    assert own.to_json()["code_dir"] == "/somewhere"
    assert "code_dir" not in scenario().to_json()
    assert own.identity() == scenario().identity()


@pytest.mark.parametrize(
    "changes",
    [
        {"environment_version": 5},
        {"params": {"rounds": 9}},
        {"clock": {"tick": "phase"}},
        {"agents": DATA["agents"][:1]},
        {"render": {}},
        {"on_invalid": {"retries": 0}},
    ],
)
def test_what_decides_behavior_is_identity(changes: dict[str, Any]) -> None:
    assert scenario(**changes).identity() != scenario().identity()


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"name": "other"},
        {"limits": {"tokens": 5}},
        {"measures": ["surplus"]},
        {"failures": {"decisions": 0.5}},
        {"models": {"m": {"model": "mock/first"}}},
    ],
)
def test_what_does_not_decide_behavior_is_no_identity(changes: dict[str, Any]) -> None:
    assert scenario(**changes).identity() == scenario().identity()


def asking(alias: dict[str, Any], **others: dict[str, Any]) -> Scenario:
    """A scenario whose second agent asks the model that `m` stands for."""
    agents = [DATA["agents"][0], {"name": "bob", "policy": {"kind": "llm", "model": "m"}}]
    return scenario(agents=agents, models={"m": {"model": "openai/x", **alias}, **others})


@pytest.mark.parametrize("alias", [{"model": "openai/y"}, {"options": {"temperature": 0}}])
def test_what_the_model_of_an_agent_stands_for_decides_behavior(alias: dict[str, Any]) -> None:
    assert asking(alias).identity() != asking({}).identity()


def test_address_key_price_and_models_that_nobody_asks_decide_no_behavior() -> None:
    paid = {"base_url": "http://127.0.0.1:1", "api_key_env": "OTHER", "price": {"in": 1.0, "out": 2.0}}
    assert asking(paid, spare={"model": "mock/first"}).identity() == asking({}).identity()


def test_the_identity_of_a_scenario_without_models_is_what_it_was() -> None:
    assert "models" not in scenario().identity()


def test_agents_are_described_to_their_policies_in_order() -> None:
    alias: dict[str, Any] = {"model": "openai/x", "base_url": None, "api_key_env": None, "options": {}}
    ann, bob = asking({"price": {"in": 1.0, "out": 2.0}}).agent_facts()
    assert (ann.name, ann.role, ann.seat) == ("ann", "buyer", "seat 0 of a buyer")
    assert (bob.name, bob.role, bob.seat, bob.environment) == ("bob", None, "seat 1 of a None", MARKET)
    assert ann.aliases == bob.aliases == {"m": {**alias, "price": {"in": 1.0, "out": 2.0}}}


def test_the_environment_gets_params_and_seats_as_its_own_specs() -> None:
    assert scenario().environment_params() == MarketParams(rounds=8)
    assert [(seat.name, seat.role, seat.params) for seat in scenario().seats()] == [
        ("ann", "buyer", TraderParams()),
        ("shop-1", None, TraderParams(goal="fame")),
    ]


def test_the_look_of_a_run_is_drawn_from_its_seed() -> None:
    looks = [scenario().look(seed) for seed in range(64)]
    assert looks == [scenario().look(seed) for seed in range(64)]
    drawn = {(look.wording, look.cover, tuple(look.labels.items())) for look in looks}
    labels = {(("buy", "M"), ("sell", "R")), (("buy", "R"), ("sell", "M"))}
    assert {row[:2] for row in drawn} == {(w, c) for w in (0, 1) for c in ("neutral", "bazaar")}
    assert {tuple(sorted(row[2])) for row in drawn} == labels


def test_wording_cover_and_labels_are_drawn_independently() -> None:
    rows = [(look.wording, look.cover == "bazaar") for look in map(scenario().look, range(400))]
    share_alike = sum(wording == bazaar for wording, bazaar in rows) / 400
    assert abs(share_alike - 0.5) < 4 * (0.25 / 400) ** 0.5


def test_plain_labels_leave_the_options_as_they_are() -> None:
    look = scenario(render={"cover": ["bazaar"]}).look(3)
    assert (look.wording, look.cover, look.labels) == (0, "bazaar", {})


def test_the_options_of_a_policy_are_kept() -> None:
    options = {"kind": "llm", "model": "mock/first", "memory": {"mode": "append"}, "layers": [1, 2]}
    agent = AgentSpec.model_validate({"name": "a", "policy": options})
    assert agent.policy.to_json() == options
