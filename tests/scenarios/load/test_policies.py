"""Policies and models as the loader checks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.catalog import Catalog
from lab.core.errors import ScenarioError
from lab.core.ports import AgentFacts
from scenarios.load import PolicyCatalog, load_scenario
from tests.scenarios.load.toys import GOOD, MARKET, Policies, told, write

TRADERS = """\
agents:
  - {name: shop, count: 2, policy: {kind: scripted, name: a}}
  - {name: ann, role: buyer, persona: frugal, policy: {kind: scripted, name: b}}
"""
SEATED = f"schema: 1\nname: x\nenvironment: {MARKET}\n{TRADERS}"
PRICED = "{model: toy/b, price: {in: 1, out: 2}}"


def test_the_labs_own_catalog_is_one(tmp_path: Path) -> None:
    catalog: PolicyCatalog = Catalog()
    path = write(tmp_path, GOOD.replace("greedy", "uniform"))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, policies=catalog)
    assert [problem.path for problem in caught.value.problems] == ["agents[1].policy.name"]


def test_a_policy_is_told_of_its_agent_and_of_the_models_there_are(tmp_path: Path) -> None:
    """The same when it is checked as when it is built; groups are expanded before."""
    policies = Policies()
    text = f"{SEATED}models: {{small: {PRICED}}}\n"
    scenario = load_scenario(write(tmp_path, text), policies=policies)
    *_, ann = scenario.agent_facts()
    small = {"model": "toy/b", "base_url": None, "api_key_env": None}
    aliases = {"small": {**small, "price": {"in": 1.0, "out": 2.0}, "options": {}}}
    assert ann == AgentFacts("ann", "buyer", "frugal", "seat 2 of a buyer", MARKET, aliases)
    assert tuple(policies.told) == scenario.agent_facts()


@pytest.mark.parametrize(
    ("models", "limits", "problems"),
    [
        ("{a: {model: toy/a}}", "{}", []),
        (
            "{a: {model: to/a}, b: {model: toy/b}}",
            "{}",
            ["x.yaml:7:21: models.a.model: unknown model"],
        ),
        (f"{{a: {PRICED}, b: {PRICED}}}", "{cost_usd: 2}", []),
        (
            f"{{a: {{model: toy/a}}, b: {PRICED}}}",
            "{cost_usd: 2}",
            [
                "x.yaml:8:20: limits.cost_usd: the price of 'a' is unknown, so its cost cannot be limited; "
                "price it under models:"
            ],
        ),
        ("{a: {model: toy/a}}", "{cost_usd: null}", []),
        ("{c: {model: toy/c}}", "{cost_usd: 2}", []),
    ],
)
def test_aliases_are_checked_and_a_limit_on_cost_needs_prices(
    tmp_path: Path, models: str, limits: str, problems: list[str]
) -> None:
    assert told(write(tmp_path, f"{SEATED}models: {models}\nlimits: {limits}\n")) == problems


@pytest.mark.parametrize(
    ("alias", "problem"),
    [
        ("{model: 7}", "models.a.model: should be text, not 7; put it in quotes"),
        ("{price: {in: 1, out: 2}}", "models.a.model: is missing"),
        ("{model: mock/first, price: {in: 1}}", "models.a.price.out: is missing"),
        ("{model: mock/first, options: 5}", "models.a.options: should be a mapping, not 5"),
        ("mock/first", "models.a: should be a mapping, not 'mock/first'"),
    ],
)
def test_a_badly_written_alias_is_one_problem_and_none_of_the_policy_that_names_it(
    tmp_path: Path, alias: str, problem: str
) -> None:
    agents = SEATED.replace("scripted, name: a", "llm, model: a").replace("name: b", "name: uniform")
    text = f"{agents}models: {{a: {alias}}}\nlimits: {{cost_usd: 1}}\n"
    with pytest.raises(ScenarioError) as caught:
        load_scenario(write(tmp_path, text), policies=Catalog())
    assert [f"{one.path}: {one.message}" for one in caught.value.problems] == [problem]
