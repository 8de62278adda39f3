"""Room for activations: a study that would keep more than its limit does not begin."""

from __future__ import annotations

from collections.abc import Sequence

from lab.analysis.capture_plan import Capturing, capturing, most_bytes, run_bytes
from lab.analysis.plan import answers_of, expected_decisions
from lab.core.errors import UsageError
from lab.runner.pilot import pilot
from scenarios.spec import Scenario
from scenarios.study import Study

CAPTURE_GB = 2.0
"""GB of activations that a study, or a run of its own, may keep where its limits say nothing."""


def require_room(study: Study, *, runs: int | None = None) -> None:
    """Refuse a study whose activations would take more than its limit.

    Args:
        study: what is to be run.
        runs: how many of its runs, None for all.

    Raises:
        UsageError: with the estimate, the limit, and what to raise or drop.
    """
    scenarios = [cell.scenario for cell in study.cells()]
    _require(
        study.name, scenarios, per_cell=(runs or study.n_runs) / len(scenarios), limit=study.limits.capture_gb
    )


def require_room_of_run(scenario: Scenario) -> None:
    """Likewise for one run of a scenario.

    Raises:
        UsageError: with the estimate, the limit, and what to raise or drop.
    """
    _require(scenario.name, [scenario], per_cell=1, limit=scenario.limits.capture_gb)


def _require(name: str, scenarios: Sequence[Scenario], *, per_cell: float, limit: float | None) -> None:
    cells = [(scenario, capturing(scenario, download=True)) for scenario in scenarios]
    if not any(agents for _, agents in cells):
        return
    allowed = (CAPTURE_GB if limit is None else limit) * 1e9
    most = [most_bytes(agents, expected_decisions(scenario)) for scenario, agents in cells]
    if None not in most and per_cell * sum(one or 0.0 for one in most) <= allowed:
        return
    kept = [run_bytes(agents, answers_of(scenario, pilot(scenario))) for scenario, agents in cells]
    total = per_cell * sum(one or 0.0 for one in kept)
    if total > allowed:
        raise UsageError(_too_much(name, total, allowed, [one for _, agents in cells for one in agents]))


def _too_much(name: str, total: float, allowed: float, agents: Sequence[Capturing]) -> str:
    widest = max(agents, key=lambda one: one.answer_bytes or 0)
    spec = widest.spec
    raised = -(-total // 1e8) / 10
    return (
        f"captures of {name} would take about {total / 1e9:.2g} GB, and its limit is {allowed / 1e9:g} GB "
        f"({widest.agent}: {widest.answer_bytes or 0:,} bytes an answer, {len(spec.sites)} sites, "
        f"layers {spec.layers}, {len(spec.spans)} spans); "
        f"raise it with `limits: {{capture_gb: {raised:g}}}`, or keep fewer layers (every4), spans or sites"
    )
