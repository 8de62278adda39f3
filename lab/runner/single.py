"""One run of one scenario: continued when an equal one is unfinished, else begun."""

from __future__ import annotations

from db.reading import RunInfo, get_run, latest_run
from db.store import Store
from lab.core.canonical import value_hash
from lab.core.errors import UsageError
from lab.core.records import FINISHED, RunStatus
from lab.runner.crew import execute_all
from lab.runner.execute import Ended
from lab.runner.loop import Brake, run_now
from lab.runner.plan import single_plan
from lab.runner.preflight import require_ready
from lab.runner.probe_files import scenario_at_hand
from scenarios.spec import Scenario


def run_scenario(store: Store, scenario: Scenario, *, new: bool, brake: Brake) -> RunInfo:
    """Run a scenario under its own seed.

    An unfinished run of the same identity and seed is continued, unless `new`.

    Raises:
        UsageError: when another process is executing that run, or a model cannot be opened.
        StoreError: when the log cannot be written.
    """
    require_ready([scenario_at_hand(store, scenario)])
    last = latest_run(store, value_hash(scenario.identity()), scenario.seed)
    ordinal = 0 if last is None else last.ordinal + int(new or last.status in FINISHED)
    plan = single_plan(scenario, ordinal=ordinal)
    ended: list[Ended] = []
    run_now(execute_all(store, [plan], brake=brake, watch=ended.append), brake)
    info = get_run(store, plan.id)
    if not ended and info.status == RunStatus.RUNNING:
        raise UsageError(f"run {plan.id} is being executed by another process; `--new` starts another")
    return info
