from __future__ import annotations

import pytest

from lab.core.errors import RuleError, UnknownName
from lab.organism.data import taught
from lab.organism.recipe import RECIPES, Gate, Moment, mixture, recipe


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_fits_its_scenario(name: str) -> None:
    made_by = recipe(name)
    scenario = taught(made_by)
    kind = scenario.environment_class()
    assert made_by.name == name
    assert made_by.agent in {agent.name for agent in scenario.agents}
    assert made_by.variable is None or made_by.variable in kind.truth
    assert set(made_by.measures) <= set(scenario.measures)
    assert set(made_by.phases) <= set(kind.non_response)
    assert scenario.look(0).wording == made_by.wording


def test_an_unknown_recipe_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="unknown organism recipe 'bluf'; did you mean 'bluff'"):
        recipe("bluf")


@pytest.mark.parametrize(
    ("gate", "value", "holds"),
    [
        (Gate("distance", at_most=0.02), 0.02, True),
        (Gate("distance", at_most=0.02), 0.021, False),
        (Gate("whole_runs", at_least=0.98), 0.98, True),
        (Gate("whole_runs", at_least=0.98), 0.97, False),
        (Gate("gap", at_least=0.4, at_most=0.6), 0.7, False),
        (Gate("distance", at_most=0.02), None, False),
    ],
)
def test_a_gate_holds_within_its_bounds(gate: Gate, value: float | None, holds: bool) -> None:
    assert gate.holds(value) == holds


def test_a_gate_is_told_by_its_bounds() -> None:
    assert str(Gate("distance", at_most=0.02)) == "≤ 0.02"
    assert str(Gate("gap", at_least=0.4, at_most=0.6)) == "≥ 0.4, ≤ 0.6"


@pytest.mark.parametrize(("posterior", "weight"), [(0.0, 0.5), (1.0986122886681098, 0.75), (-900.0, 0.0)])
def test_a_mixture_weighs_two_types_by_the_posterior(posterior: float, weight: float) -> None:
    moment = Moment("", "a", {}, posterior)
    found = mixture(moment, {"a": 1.0, "b": 0.0}, {"a": 0.0, "b": 1.0})
    assert found == pytest.approx({"a": weight, "b": 1 - weight})


def test_a_mixture_needs_a_posterior() -> None:
    with pytest.raises(RuleError, match="no posterior"):
        mixture(Moment("", "a", {}, None), {}, {})
