"""Everything that ships keeps the promises that the lab stands on."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from db.query import query
from db.records import read_record
from db.store import open_store
from lab.api import check_environment, check_policy
from scenarios.catalog import ENVIRONMENTS, load_environment, shipped_files
from scenarios.spec import Scenario

SCENARIOS = [shipped.path for shipped in shipped_files() if not shipped.is_study]


def loaded(path: Path, *settings: str) -> Scenario:
    """A shipped scenario."""
    scenario = lab.load(path, set_=settings)
    assert isinstance(scenario, Scenario)
    return scenario


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_shipped_scenario_conforms(path: Path) -> None:
    assert check_environment(loaded(path)) == []


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_agent_of_a_shipped_scenario_conforms(path: Path) -> None:
    scenario = loaded(path)
    assert [problem for agent in scenario.agents for problem in check_policy(scenario, agent.name)] == []


def test_every_environment_ships_at_least_two_scenarios() -> None:
    named = [loaded(path).environment for path in SCENARIOS]
    assert {name: named.count(name) >= 2 for name in ENVIRONMENTS} == dict.fromkeys(ENVIRONMENTS, True)


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_an_environment_documents_itself(name: str) -> None:
    kind = load_environment(name)
    assert kind.__doc__
    assert kind.policies
    assert all(spec.about and spec.unit for spec in kind.measures)
    assert all(one.source and one.n and one.caveat for spec in kind.measures for one in spec.reference)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_measures_computed_from_the_log_are_the_logged_ones(path: Path, tmp_path: Path) -> None:
    scenario = loaded(path)
    run = lab.run(scenario, db=str(tmp_path / "log.db"))
    with open_store(run.db, create=False) as store:
        record = read_record(store, run.id)
        sql = "select measure, agent, value from v_measure order by measure, coalesce(agent, '')"
        logged = list(query(store, sql).rows)
    found = [one for spec in scenario.environment_class().measures for one in spec.compute(record)]
    again = sorted(((one.name, one.agent or "", one.value) for one in found), key=lambda one: one[:2])
    assert [(name, agent) for name, agent, _ in again] == [(name, agent or "") for name, agent, _ in logged]
    for (_, _, value), (_, _, kept) in zip(again, logged, strict=True):
        assert kept == (None if value is None else pytest.approx(value, rel=1e-11))
