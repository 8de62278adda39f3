"""What a study will take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.catalog import Catalog
from db.store import Store
from lab.analysis.plan import dry_run, expected_decisions
from lab.analysis.status import study_status
from scenarios.environment import Environment
from scenarios.load import load_study
from scenarios.study import Study


class Silent(Environment[Any]):
    """An environment that does not say how many decisions it takes."""


@pytest.fixture
def study(study_file: Path) -> Study:
    """The study `small`, not run."""
    return load_study(study_file, policies=Catalog())


def test_the_forecast_is_what_the_study_then_took(study: Study, store: Store) -> None:
    forecast, taken = dry_run(study), study_status(store, "small")
    assert (forecast.runs, forecast.cells) == (taken.finished, 4)
    assert forecast.decisions == taken.decisions


def test_scripted_agents_cost_nothing(study: Study) -> None:
    forecast = dry_run(study)
    assert (forecast.model_calls, forecast.tokens, forecast.cost_usd) == (0, 0, (0.0, 0.0))
    assert forecast.capture_bytes == 0


def test_what_a_model_costs_is_not_known(study: Study) -> None:
    data = study.to_json()
    data["scenario"]["agents"][1]["policy"] = {"kind": "llm", "model": "mock/first"}
    data["changes"] = [{}] * len(data["changes"])
    forecast = dry_run(Study.from_json(data))
    assert (forecast.model_calls, forecast.tokens, forecast.cost_usd) == (None, None, None)


def test_a_limit_on_decisions_caps_the_forecast(study: Study) -> None:
    limits = study.scenario.limits.model_copy(update={"decisions": 5})
    assert expected_decisions(study.scenario.model_copy(update={"limits": limits})) == 5


def test_an_environment_that_does_not_say_leaves_it_open(study: Study) -> None:
    data = study.to_json()
    data["scenario"] |= {"environment": f"{Silent.__module__}:Silent", "params": {}}
    data["changes"] = [{}] * len(data["changes"])
    forecast = dry_run(Study.from_json(data))
    assert (forecast.decisions, forecast.runs) == (None, 12)
