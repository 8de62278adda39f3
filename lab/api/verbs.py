"""The verbs of the lab. Every path may be a text; every `db` is a URL or a file, `LAB_DB` by default."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agents.catalog import Catalog
from db import reading, studies
from db.query import query as answer
from db.store import Store, open_store
from lab.analysis.plan import Forecast, dry_run
from lab.api.handles import Run, Study
from lab.core.errors import UsageError
from lab.core.records import FINISHED
from lab.runner.budget import refuse_unpriced
from lab.runner.capturing import captured_scenario, captured_study
from lab.runner.completing import complete_run, complete_study
from lab.runner.execute import Ended
from lab.runner.loop import Brake
from lab.runner.pilot import pilot as run_pilot
from lab.runner.rehearsal import rehearsal
from lab.runner.repeat import ForkChanges, Replayed, fork_run, naming_swaps, replay_run
from lab.runner.room import require_room, require_room_of_run
from lab.runner.single import run_scenario
from lab.runner.studies import BatchOptions, enter_study, run_study
from scenarios.load import load_any, load_scenario, revise
from scenarios.spec import Scenario
from scenarios.study import Study as StudySpec

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What a call of `batch` is about to do: told before the first run starts."""

    study: str
    runs: int
    cells: int
    finished: int
    warnings: tuple[str, ...]


def load(
    path: str | Path,
    *,
    set_: Sequence[str] = (),
    swap: Sequence[str] = (),
    seed: int | None = None,
    capture: str | None = None,
    allow_code: bool = True,
) -> Scenario | StudySpec:
    """The validated scenario or study of a YAML file.

    Args:
        path: a scenario file, or a study file (``*.study.yaml``).
        set_: changes as ``path=value``.
        swap: ``AGENT=MODEL``: another model for an agent or all of a group; ``scripted/NAME`` and ``human``
            may stand in its place.
        seed: takes the place of a scenario's seed.
        capture: which activations of local models to keep: ``every4``, ``resid_post,mlp_out@all:pre_choice``.
        allow_code: whether the file's own environment code may be imported.

    Raises:
        ScenarioError: with every problem of the file.
    """
    with naming_swaps(swap) as swaps:
        settings = [*set_, *swaps]
        if seed is not None:
            scenario = load_scenario(
                path, policies=Catalog(), set_=settings, allow_code=allow_code, seed=seed
            )
            return scenario if capture is None else captured_scenario(scenario, capture)
        loaded = load_any(path, policies=Catalog(), set_=settings, allow_code=allow_code)
    if isinstance(loaded, StudySpec):
        refuse_unpriced(loaded)
        return loaded if capture is None else captured_study(loaded, capture)
    return loaded if capture is None else captured_scenario(loaded, capture)


def run(
    scenario: str | Path | Scenario,
    *,
    seed: int | None = None,
    set_: Sequence[str] = (),
    swap: Sequence[str] = (),
    capture: str | None = None,
    new: bool = False,
    db: str | None = None,
    brake: Brake | None = None,
) -> Run:
    """One run of a scenario.

    Continues an unfinished run of the same identity and seed, else starts a new one.

    Args:
        scenario: a file or a loaded scenario.
        seed: takes the place of the scenario's seed.
        set_: changes as ``path=value``.
        swap: ``AGENT=MODEL``; see `load`.
        capture: which activations of local models to keep; see `load`.
        new: start a new run in any case.
        db: where to log.
        brake: pull it to stop early; Ctrl-C does so too.

    Raises:
        ScenarioError: with every problem of the file.
        StoreError: when the log cannot be written.
    """
    chosen = _scenario(scenario, seed, set_, swap)
    chosen = chosen if capture is None else captured_scenario(chosen, capture)
    require_room_of_run(chosen)
    with open_store(db) as store:
        info = run_scenario(store, chosen, new=new, brake=brake or Brake())
        return Run(info, store.url, complete_run(store, info, chosen).words)


def batch(
    study: str | Path | StudySpec,
    *,
    workers: int = 1,
    limit: int | None = None,
    pilot: int | None = None,
    set_: Sequence[str] = (),
    swap: Sequence[str] = (),
    capture: str | None = None,
    rehearse: bool = False,
    max_cost_usd: float | None = None,
    db: str | None = None,
    brake: Brake | None = None,
    watch: Callable[[Ended], None] | None = None,
    on_plan: Callable[[BatchPlan], None] | None = None,
) -> Study:
    """A study: all its runs, or what is missing of them.

    Args:
        study: a study file or a loaded study.
        workers: processes on the one database.
        limit: at most so many runs.
        pilot: only the first so many replicates of each cell.
        set_: changes to the scenario as ``path=value``. A loaded study takes none.
        swap: ``AGENT=MODEL``; see `load`. A loaded study takes none.
        capture: which activations of local models to keep; see `load`.
        rehearse: run it as the study ``<name>-rehearsal``, with mock/uniform for every model and person.
        max_cost_usd: stop when all its model calls together cost so much, calls under way answered.
        db: where to log.
        brake: pull it to drain, again to stop; Ctrl-C does so too.
        watch: told of every run that ended.
        on_plan: told what is to be done, before the first run starts.

    Raises:
        ScenarioError: with every problem of the file.
        UsageError: when the log holds a study of this name with other settings, or an option is wrong.
        StoreError: when the log cannot be written.
    """
    spec = _study(study, set_, swap, capture, rehearse=rehearse)
    options = BatchOptions(workers=workers, limit=limit, pilot=pilot, max_cost_usd=max_cost_usd)
    refuse_unpriced(spec, max_cost_usd=max_cost_usd)
    require_room(spec, runs=options.runs_of(spec))
    with open_store(db) as store:
        entered = enter_study(store, spec)
        if on_plan:
            on_plan(_plan(store, spec, entered.info.id, options, entered.warnings))
        ended: set[str] = set()

        def seen(one: Ended) -> None:
            ended.add(one.run)
            if watch:
                watch(one)

        stopped = run_study(store, spec, entered.info.id, options, brake=brake or Brake(), watch=seen)
        completed = complete_study(store, spec, entered.info.id, ended)
        return Study(spec.name, store.url, (*entered.warnings, *completed.words), stopped)


def get_run(run: str, *, db: str | None = None) -> Run:
    """The run whose id begins with `run`, or the last one for ``last``."""
    with open_store(db, create=False) as store:
        return Run(reading.get_run(store, run), store.url)


def get_study(name: str, *, db: str | None = None) -> Study:
    """The study of this name."""
    with open_store(db, create=False) as store:
        return Study(studies.get_study(store, name).name, store.url)


def replay(run: str, *, db: str | None = None) -> Replayed:
    """A finished run executed again without any model, compared row by row with the log."""
    with open_store(db, create=False) as store:
        return replay_run(store, run)


def fork(
    run: str,
    *,
    at: int,
    set_: Sequence[str] = (),
    swap: Sequence[str] = (),
    reseed: int = 0,
    db: str | None = None,
) -> Run:
    """A new run: `run` again up to decision `at`, asked anew from there on.

    Args:
        run: the base run.
        at: the seq of the first decision asked anew.
        set_: changes of params that the environment marks live.
        swap: ``AGENT=MODEL``; see `load`.
        reseed: added to every key that policies draw with from there on.
        db: the log that holds the base run.

    Raises:
        UsageError: when `at` is no decision of the run or a change is not allowed.
    """
    with open_store(db, create=False) as store:
        ended = fork_run(store, run, at, ForkChanges(tuple(set_), tuple(swap), reseed))
        info = reading.get_run(store, ended.run)
        return Run(info, store.url, complete_run(store, info).words)


def query(sql: str, *, db: str | None = None) -> polars.DataFrame:
    """The answer to a read-only SQL query on the log.

    Raises:
        UsageError: when the query is wrong, or writes.
    """
    import polars

    with open_store(db, create=False) as store:
        result = answer(store, sql)
        return polars.DataFrame(
            list(result.rows), schema=list(result.columns), orient="row", infer_schema_length=None
        )


def _scenario(
    given: str | Path | Scenario, seed: int | None, set_: Sequence[str], swap: Sequence[str]
) -> Scenario:
    if isinstance(given, Scenario):
        with naming_swaps(swap) as swaps:
            settings = [*set_, *swaps]
            changed = revise(given, set_=settings, policies=Catalog()) if settings else given
        return changed if seed is None else changed.model_copy(update={"seed": seed})
    loaded = load(given, set_=set_, swap=swap, seed=seed)
    if not isinstance(loaded, Scenario):
        raise UsageError(f"{given} is a study: run it with `lab batch`")
    return loaded


def _study(
    given: str | Path | StudySpec,
    set_: Sequence[str],
    swap: Sequence[str],
    capture: str | None,
    *,
    rehearse: bool,
) -> StudySpec:
    if isinstance(given, StudySpec) and (set_ or swap):
        raise UsageError(f"a loaded study takes no {'swap' if swap else 'setting'}: give it to `lab.load`")
    spec = given if isinstance(given, StudySpec) else load_study(given, set_=set_, swap=swap)
    spec = spec if capture is None else captured_study(spec, capture)
    return rehearsal(spec) if rehearse else spec


def forecast(
    study: str | Path | StudySpec,
    *,
    set_: Sequence[str] = (),
    swap: Sequence[str] = (),
    capture: str | None = None,
    rehearse: bool = False,
    max_cost_usd: float | None = None,
) -> Forecast:
    """What `batch` would take, with a range for model calls from one run of each cell with stand-ins.

    Raises:
        ScenarioError: with every problem of the file.
        UsageError: when it is a scenario.
    """
    spec = _study(study, set_, swap, capture, rehearse=rehearse)
    refuse_unpriced(spec, max_cost_usd=max_cost_usd)
    return dry_run(spec, run_pilot)


def load_study(path: str | Path, *, set_: Sequence[str] = (), swap: Sequence[str] = ()) -> StudySpec:
    """The validated study of a YAML file.

    Raises:
        ScenarioError: with every problem of the file.
        UsageError: when it is a scenario.
    """
    loaded = load(path, set_=set_, swap=swap)
    if not isinstance(loaded, StudySpec):
        raise UsageError(f"{path} is a scenario: run it with `lab run`, or name a *.study.yaml file")
    return loaded


def _plan(
    store: Store, spec: StudySpec, study_id: str, options: BatchOptions, warnings: tuple[str, ...]
) -> BatchPlan:
    runs = options.runs_of(spec)
    counts = studies.study_counts(store, study_id)
    finished = sum(count for status, count in counts.items() if status in FINISHED)
    return BatchPlan(spec.name, runs, len(spec.changes), finished, warnings)
