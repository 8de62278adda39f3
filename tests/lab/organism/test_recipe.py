from __future__ import annotations

import pytest

from lab.core.errors import UnknownName
from lab.organism.data import taught
from lab.organism.recipe import RECIPES, recipe


@pytest.mark.parametrize("name", list(RECIPES))
def test_every_recipe_fits_its_scenario(name: str) -> None:
    made_by = recipe(name)
    scenario = taught(made_by)
    kind = scenario.environment_class()
    assert made_by.name == name
    assert made_by.agent in {agent.name for agent in scenario.agents}
    assert made_by.variable in kind.truth
    assert set(made_by.measures) <= set(scenario.measures)
    assert set(made_by.phases) <= set(kind.non_response)
    assert scenario.look(0).wording == made_by.wording


def test_an_unknown_recipe_is_told_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="unknown organism recipe 'bluf'; did you mean 'bluff'"):
        recipe("bluf")
