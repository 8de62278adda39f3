"""A study in the log: entered once, continued by the same command, refused when it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf

from db.runs import RunPlan
from db.store import Store
from db.studies import StudyInfo, extend_study, find_study, put_study, study_counts
from lab.core.canonical import canonical, content_hash, parse
from lab.core.errors import UsageError
from lab.core.records import FINISHED
from lab.runner.budget import Budget
from lab.runner.crew import WORLDS, Watcher, execute_all
from lab.runner.fingerprint import code_hash
from lab.runner.loop import Brake, run_now
from lab.runner.plan import study_plans
from lab.runner.preflight import require_ready
from lab.runner.probe_files import scenario_at_hand
from lab.runner.workers import Job, run_workers
from scenarios.spec import LimitsSpec
from scenarios.study import Study, compare_identity


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a study is run.

    Attributes:
        workers: processes; 1 runs it in this one.
        limit: at most so many runs, None for all.
        pilot: only the first so many replicates of each cell, None for all.
        worlds: worlds in flight in each process.
        max_cost_usd: a limit on the cost of the whole study, in addition to its own.
    """

    workers: int = 1
    limit: int | None = None
    pilot: int | None = None
    worlds: int = WORLDS
    max_cost_usd: float | None = None

    def __post_init__(self) -> None:
        for name in ("workers", "limit", "pilot", "worlds"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"--{name} {value}: must be 1 or more")
        if self.max_cost_usd is not None and not 0 < self.max_cost_usd < inf:
            raise UsageError(f"--max-cost {self.max_cost_usd:g}: must be a number of USD above 0")

    def runs_of(self, study: Study) -> int:
        """How many runs of a study a call is about."""
        runs = len(study.changes) * min(self.pilot or study.seeds.count, study.seeds.count)
        return min(runs, self.limit or runs)

    def within(self, limits: LimitsSpec) -> LimitsSpec:
        """The limits of a study, narrowed by `max_cost_usd`."""
        given = [one for one in (limits.cost_usd, self.max_cost_usd) if one is not None]
        return limits.model_copy(update={"cost_usd": min(given, default=None)})


@dataclass(frozen=True, slots=True)
class Entered:
    """A study entered in the log, and what is worth telling about it."""

    info: StudyInfo
    warnings: tuple[str, ...] = ()


def enter_study(store: Store, study: Study) -> Entered:
    """Enter a study in the log, or find it there.

    Raises:
        UsageError: when the log holds a study of this name that differs in more than added levels or seeds;
            shows the differences.
    """
    identity = canonical(study.identity())
    source = content_hash(
        canonical(sorted({code_hash(c.scenario.environment_class()) for c in study.cells()}))
    )
    spec = canonical(study.to_json())
    # what another process entered a moment ago is compared like what was entered yesterday
    known = find_study(store, study.name) or put_study(
        store, study.name, spec=spec, identity=identity, source_hash=source
    )
    changes = compare_identity(parse(known.identity), parse(identity))
    if changes:
        shown = "\n  ".join(changes)
        raise UsageError(
            f"study '{study.name}' is in the log with other settings (then → now):\n  {shown}\n"
            "give the changed study another name, or restore the file"
        )
    warnings = () if known.source_hash == source else (_code_changed(study.name),)
    return Entered(
        extend_study(store, study.name, spec=spec, identity=identity, source_hash=source), warnings
    )


def run_study(
    store: Store, study: Study, study_id: str, options: BatchOptions, *, brake: Brake, watch: Watcher
) -> str | None:
    """Run what is missing of a study; returns the limit that stopped it, in words.

    Raises:
        StoreError: when the log cannot be written, or a worker process died.
        UsageError: when a model cannot be opened.
    """
    counts = study_counts(store, study_id)
    if sum(counts.get(status, 0) for status in FINISHED) < study.n_runs:
        require_ready(scenario_at_hand(store, cell.scenario) for cell in study.cells())
    budget = Budget(store, study_id, options.within(study.limits))
    if reached := budget.reached():
        return reached
    work = _work(store, study, study_id, options, brake=brake, watch=watch)
    return run_now(budget.keep(work, brake), brake)


async def _work(
    store: Store, study: Study, study_id: str, options: BatchOptions, *, brake: Brake, watch: Watcher
) -> None:
    if options.workers == 1 or options.limit is not None:
        plans = islice(plans_of(study, study_id, options), options.limit)
        await execute_all(store, plans, brake=brake, watch=watch, worlds=options.worlds)
        return
    replicates = min(options.pilot or study.seeds.count, study.seeds.count)
    job = Job(
        study=study.to_json(),
        study_id=study_id,
        db=store.url,
        runs=study.n_runs * replicates // study.seeds.count,
        replicates=options.pilot,
        worlds=options.worlds,
    )
    await run_workers(job, workers=options.workers, brake=brake, watch=watch)


def plans_of(study: Study, study_id: str, options: BatchOptions) -> Iterator[RunPlan]:
    """The plans that a call is about."""
    return study_plans(study, study_id, replicates=options.pilot)


def _code_changed(name: str) -> str:
    return (
        f"the code of the environment changed since study '{name}' was last run: "
        "finished runs keep the old rules, and an unfinished run stops if its replay diverges"
    )
