"""What a study will take, before it runs: only what is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from scenarios.spec import Scenario
from scenarios.study import Study

FREE_POLICIES = frozenset({"scripted"})
"""Kinds of policy that call no model."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a study will take; None stands for what cannot be known.

    Attributes:
        study: its name.
        runs: runs it asks for.
        cells: combinations of levels.
        decisions: about how many, by the environment's own estimate and the scenario's limits.
        model_calls: completions asked of models.
        tokens: in and out of all model calls.
        cost_usd: least and greatest price of them.
        capture_bytes: size of the activations kept.
    """

    study: str
    runs: int
    cells: int
    decisions: int | None
    model_calls: int | None
    tokens: int | None
    cost_usd: tuple[float, float] | None
    capture_bytes: int | None


def dry_run(study: Study) -> Forecast:
    """What `study` will take. Scripted agents call no model, so a study of such agents costs nothing."""
    cells = study.cells()
    scenarios = [cell.scenario for cell in cells]
    free = all(agent.policy.kind in FREE_POLICIES for one in scenarios for agent in one.agents)
    nothing = 0 if free else None
    return Forecast(
        study=study.name,
        runs=study.n_runs,
        cells=len(cells),
        decisions=_total(map(expected_decisions, scenarios), times=study.seeds.count),
        model_calls=nothing,
        tokens=nothing,
        cost_usd=(0.0, 0.0) if free else None,
        capture_bytes=nothing,
    )


def expected_decisions(scenario: Scenario) -> int | None:
    """About how many decisions a run of `scenario` takes; None when its environment does not say."""
    kind = scenario.environment_class()
    try:
        expected = kind.expected_decisions(scenario.environment_params(), len(scenario.agents))
    except NotImplementedError:
        return None
    return min(expected, scenario.limits.decisions or expected)


def _total(counts: Iterable[int | None], *, times: int) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total * times
