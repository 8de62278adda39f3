"""Plans: one id for one run, in every process, and seeds paired over cells."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest

import lab
from lab.core.canonical import parse
from lab.runner.plan import family_of, fork_plan, single_plan, study_plans
from scenarios.spec import Scenario
from scenarios.study import Study
from tests.support.studies import write_study

PGG = Path(__file__).parents[3] / "scenarios/social/pgg-punish.yaml"


@pytest.fixture
def scenario() -> Scenario:
    """The shipped public goods game."""
    loaded = lab.load(PGG)
    assert isinstance(loaded, Scenario)
    return loaded


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """Four cells of three replicates."""
    loaded = lab.load(write_study(tmp_path))
    assert isinstance(loaded, Study)
    return loaded


def test_a_run_is_named_by_what_it_is(scenario: Scenario) -> None:
    assert single_plan(scenario, ordinal=0).id == single_plan(scenario, ordinal=0).id
    assert single_plan(scenario, ordinal=0).id != single_plan(scenario, ordinal=1).id
    other = scenario.model_copy(update={"seed": 99})
    assert single_plan(scenario, ordinal=0).id != single_plan(other, ordinal=0).id


def test_limits_and_measures_do_not_make_another_run(scenario: Scenario) -> None:
    fewer = scenario.model_copy(update={"measures": ("efficiency",)})
    assert single_plan(scenario, ordinal=0).id == single_plan(fewer, ordinal=0).id


def test_replicates_come_first_so_that_a_study_cut_short_is_balanced(study: Study) -> None:
    plans = list(study_plans(study, "id"))
    assert [plan.replicate for plan in plans] == [0] * 4 + [1] * 4 + [2] * 4
    assert [plan.cell_index for plan in plans] == [0, 1, 2, 3] * 3


def test_cells_share_their_seeds(study: Study) -> None:
    for _, group in groupby(study_plans(study, "id"), key=lambda plan: plan.replicate):
        assert len({plan.seed for plan in group}) == 1


def test_a_pilot_plans_the_first_replicates(study: Study) -> None:
    assert len(list(study_plans(study, "id", replicates=2))) == 8


def test_levels_are_kept_as_the_cell_shows_them(study: Study) -> None:
    last = list(study_plans(study, "id"))[-1]
    assert last.cell == "punish=3,bob=full_contributor"
    assert last.params == (
        ("punish", "params.punish.effect", "3"),
        ("bob", "agents.bob.policy.name", "full_contributor"),
    )
    assert parse(last.factors) == {"punish": "3", "bob": "full_contributor"}


def test_a_fork_belongs_to_no_study_and_is_named_by_its_changes(scenario: Scenario) -> None:
    one = fork_plan(scenario, parent="base", at=5, changes={"reseed": 1})
    other = fork_plan(scenario, parent="base", at=5, changes={"reseed": 2})
    assert one.id != other.id
    assert (one.parent, one.fork_at, one.study, one.cell) == ("base", 5, None, None)


def test_an_environment_of_ones_own_is_of_no_family(scenario: Scenario) -> None:
    assert family_of(scenario) == "social"
    assert family_of(scenario.model_copy(update={"environment": "my_game:MyGame"})) == "own"
