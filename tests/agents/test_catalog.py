"""The table of policy kinds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agents.catalog import KINDS, Catalog
from agents.scripted import First, Uniform
from lab.core.ports import AgentFacts
from tests.lab.core.test_scripted import Alternate

GAME = SimpleNamespace(policies={"alternate": "tests.lab.core.test_scripted:Alternate"})
ALIASES: dict[str, dict[str, Any]] = {
    "small": {"model": "mock/first"},
    "priced": {"model": "openai/x", "price": {"in": 1, "out": 2}},
    "unpriced": {"model": "openai/x"},
    "again": {"model": "small"},
}
ANN = AgentFacts("ann", aliases=ALIASES)


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": "scripted", "name": "uniform"},
        {"kind": "scripted", "name": "alternate", "start": "b"},
        {"kind": "scripted", "name": "tests.lab.core.test_scripted:Alternate"},
        {"kind": "llm", "model": "mock/first"},
        {"kind": "llm", "model": "small"},
        {"kind": "human"},
    ],
)
def test_a_good_policy_has_no_problems(policy: dict[str, Any]) -> None:
    assert list(Catalog().problems(policy, GAME, ANN)) == []


@pytest.mark.parametrize(
    ("policy", "path", "message"),
    [
        ({}, "kind", "a policy needs a kind (known: human, llm, scripted)"),
        ({"kind": 7}, "kind", "a policy needs a kind"),
        ({"kind": "scriptd"}, "kind", "unknown policy kind 'scriptd'; did you mean 'scripted'?"),
        ({"kind": "scripted", "name": "altrnate"}, "name", "did you mean 'alternate'?"),
        ({"kind": "scripted", "name": "alternate", "strt": "b"}, "strt", "did you mean 'start'?"),
        ({"kind": "llm", "model": "smal"}, "model", "unknown model 'smal'; did you mean 'small'?"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said_with_its_path(
    policy: dict[str, Any], path: str, message: str
) -> None:
    ((found, says),) = Catalog().problems(policy, GAME, ANN)
    assert found == path
    assert message in says


def test_building_gives_every_agent_a_policy_of_its_own() -> None:
    block = {"kind": "scripted", "name": "alternate", "start": "b"}
    one, other = (Catalog().build(block, GAME, ANN) for _ in range(2))
    assert isinstance(one, Alternate)
    assert one is not other
    assert one.start == "b"
    assert block == {"kind": "scripted", "name": "alternate", "start": "b"}


def test_two_policies_play_any_game() -> None:
    none = SimpleNamespace(policies={})
    assert isinstance(Catalog().build({"kind": "scripted", "name": "uniform"}, none, ANN), Uniform)
    assert isinstance(Catalog().build({"kind": "scripted", "name": "first"}, none, ANN), First)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_of_the_table_can_be_loaded(kind: str) -> None:
    assert callable(KINDS.load(kind)().build)


def test_what_is_wrong_with_an_alias_is_said_with_its_path() -> None:
    ((path, message),) = Catalog().model_problems("again", ALIASES)
    assert (path, message) == ("model", "alias 'again' names another alias; name the model itself")
    assert list(Catalog().model_problems("small", ALIASES)) == []


@pytest.mark.parametrize(
    ("policy", "unpriced"),
    [
        ({"kind": "llm", "model": "openai/x"}, "openai/x"),
        ({"kind": "llm", "model": "unpriced"}, "unpriced"),
        ({"kind": "llm", "model": "priced"}, None),
        ({"kind": "llm", "model": "mock/first"}, None),
        ({"kind": "llm", "model": "nobody"}, None),
        ({"kind": "llm", "model": 7}, None),
        ({"kind": "llm"}, None),
        ({"kind": "scripted", "name": "uniform"}, None),
        ({"kind": "human"}, None),
    ],
)
def test_a_model_that_may_cost_what_nobody_knows_is_named(
    policy: dict[str, Any], unpriced: str | None
) -> None:
    assert Catalog().unpriced(policy, ALIASES) == unpriced
