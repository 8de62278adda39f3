"""What a study will take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agents.catalog import Catalog
from db.store import Store
from lab.analysis.plan import CallUse, Pilot, dry_run, expected_decisions
from lab.analysis.status import study_status
from scenarios.environment import Environment
from scenarios.load import load_study
from scenarios.spec import Scenario
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
    assert (forecast.model_calls, forecast.tokens, forecast.cost_usd) == (0, (0, 0), (0.0, 0.0))
    assert (forecast.capture_bytes, forecast.basis) == (0, None)


def with_models(study: Study, *, models: dict[str, Any] | None = None, **limits: Any) -> Study:
    """The study with bob played by a model in every cell."""
    data = study.to_json()
    policy = {"kind": "llm", "model": "main", "sampling": {"max_tokens": 100}}
    priced = {"model": "openai/gpt-5-mini", "price": {"in": 1.0, "out": 10.0}}
    data["scenario"]["agents"][0]["policy"] = policy
    data["scenario"]["models"] = {"main": priced} if models is None else models
    data["changes"] = [{}] * len(data["changes"])
    data["limits"] |= limits
    return Study.from_json(data)


def pilot(scenario: Scenario) -> Pilot:
    """A run of 24 decisions, 6 of them bob's: 4,000 characters read, 120 written, 15 replies read again."""
    return Pilot(24, (CallUse("bob", 6, 4_000, 120, 15), CallUse("ann", 9, 9, 9, 9)))


def test_a_pilot_gives_a_range_of_tokens_and_cost(study: Study) -> None:
    forecast = dry_run(with_models(study), pilot)
    runs = 4 * 3
    assert forecast.model_calls == 6 * runs
    assert forecast.tokens == ((1_000 + 30) * runs, (1_000 + 15 * 100 + 6 * 100) * runs)
    assert forecast.cost_usd == pytest.approx((runs * (1_000 + 300) / 1e6, runs * (2_500 + 6_000) / 1e6))
    assert forecast.basis is not None


def test_a_pilot_that_was_cut_short_is_scaled_to_the_whole_run(study: Study) -> None:
    part = Pilot(6, (CallUse("bob", 2, 400, 12, 1),), whole=False)
    assert dry_run(with_models(study), lambda _: part).model_calls == 2 * 4 * 12


@pytest.mark.parametrize(
    ("limits", "tokens", "cost"),
    [({"tokens": 15_000}, (12_360, 15_000), 0.102), ({"cost_usd": 0.05}, (12_360, 37_200), 0.05)],
)
def test_a_limit_ends_the_range(
    study: Study, limits: dict[str, Any], tokens: tuple[int, int], cost: float
) -> None:
    forecast = dry_run(with_models(study, **limits), pilot)
    assert forecast.tokens == tokens
    assert forecast.cost_usd is not None
    assert forecast.cost_usd[1] == pytest.approx(cost)


def test_a_price_nobody_knows_leaves_the_cost_open_and_names_the_model(study: Study) -> None:
    forecast = dry_run(with_models(study, models={"main": {"model": "openai/gpt-5-mini"}}), pilot)
    assert forecast.tokens is not None
    assert (forecast.cost_usd, forecast.unpriced) == (None, ("main",))


@pytest.mark.parametrize("model", ["mock/uniform", "local/some/folder"])
def test_models_of_this_process_are_free(study: Study, model: str) -> None:
    forecast = dry_run(with_models(study, models={"main": {"model": model}}), pilot)
    assert (forecast.model_calls, forecast.cost_usd) == (72, (0.0, 0.0))


def test_without_a_pilot_nothing_is_known_of_model_calls(study: Study) -> None:
    forecast = dry_run(with_models(study))
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
