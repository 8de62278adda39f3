"""A study in the log: entered once, continued by the same command, refused when it changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from db.runs import RunPlan
from db.store import Store
from db.studies import StudyInfo, extend_study, find_study, put_study
from lab.core.canonical import canonical, content_hash, parse
from lab.core.errors import UsageError
from lab.runner.crew import WORLDS, Watcher, execute_all
from lab.runner.fingerprint import code_hash
from lab.runner.loop import Brake, run_now
from lab.runner.plan import study_plans
from lab.runner.workers import Job, run_workers
from scenarios.study import Study, compare_identity


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a study is run.

    Attributes:
        workers: processes; 1 runs it in this one.
        limit: at most so many runs, None for all.
        pilot: only the first so many replicates of each cell, None for all.
        worlds: worlds in flight in each process.
    """

    workers: int = 1
    limit: int | None = None
    pilot: int | None = None
    worlds: int = WORLDS

    def __post_init__(self) -> None:
        for name in ("workers", "limit", "pilot", "worlds"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UsageError(f"--{name} {value}: must be 1 or more")


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
) -> None:
    """Run what is missing of a study.

    Raises:
        StoreError: when the log cannot be written, or a worker process died.
    """
    if options.workers == 1 or options.limit is not None:
        plans = islice(plans_of(study, study_id, options), options.limit)
        run_now(execute_all(store, plans, brake=brake, watch=watch, worlds=options.worlds), brake)
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
    run_now(run_workers(job, workers=options.workers, brake=brake, watch=watch), brake)


def plans_of(study: Study, study_id: str, options: BatchOptions) -> Iterator[RunPlan]:
    """The plans that a call is about."""
    return study_plans(study, study_id, replicates=options.pilot)


def _code_changed(name: str) -> str:
    return (
        f"the code of the environment changed since study '{name}' was last run: "
        "finished runs keep the old rules, and an unfinished run stops if its replay diverges"
    )
