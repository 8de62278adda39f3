"""Commands that run things: `run` and `batch`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.options import Capture, Db, Json, Seed, Settings, Swaps
from lab.cli.printing import counted, note, say_json
from lab.cli.progress import Progress, progress
from lab.core.errors import UsageError

if TYPE_CHECKING:
    from lab.analysis.plan import Forecast
    from lab.api import BatchPlan, Run, Study
    from lab.runner.execute import Ended
    from lab.runner.loop import Brake
    from scenarios.spec import Scenario
    from scenarios.study import Study as StudySpec

INTERRUPTED = 130


def run(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="A scenario file.")],
    seed: Seed = None,
    set_: Settings = None,
    swap: Swaps = None,
    capture: Capture = None,
    new: Annotated[
        bool, typer.Option("--new", help="Start a new run even if an equal one is unfinished.")
    ] = False,
    db: Db = None,
    json: Json = False,
) -> None:
    """Run a scenario once, or continue its unfinished run."""
    from lab import api
    from lab.runner.loop import Brake

    if json:
        _keep_stdout_clean(api.load(scenario, set_=set_ or (), swap=swap or (), seed=seed))
    brake = Brake()
    ended = api.run(
        scenario,
        seed=seed,
        set_=set_ or (),
        swap=swap or (),
        capture=capture,
        new=new,
        db=db,
        brake=brake,
    )
    tell_run(ended, json=json, interrupted=brake.draining)


def _keep_stdout_clean(loaded: Scenario | StudySpec) -> None:
    """Refuse a person whose prompts would stand on standard output before the one JSON value."""
    for agent in getattr(loaded, "agents", ()):
        policy = agent.policy.to_json()
        if policy["kind"] == "human" and policy.get("channel") == "jsonl" and not policy.get("output"):
            raise UsageError(
                f"--json: '{agent.name}' is asked on standard output too; give it an output file"
            )


def tell_run(run: Run, *, json: bool, interrupted: bool = False) -> None:
    """Print a run that ended; exits with 1 unless it is done or limited."""
    from lab.cli.sheets import run_json, run_sheet
    from lab.core.records import FINISHED

    if json:
        say_json(run_json(run))
    else:
        run_sheet(run)
    for warning in run.warnings:
        note(warning)
    if run.status in FINISHED:
        return
    if interrupted:
        note(f"run {run.id} stopped; the same command continues")
        raise typer.Exit(INTERRUPTED)
    note(f"run {run.id} {run.status}: {run.error or 'ended from outside'}")
    raise typer.Exit(1)


def batch(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A study file (*.study.yaml).")],
    workers: Annotated[int, typer.Option("--workers", metavar="N", help="Processes.")] = 1,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what it would take; run nothing.")] = False,
    pilot: Annotated[
        int | None, typer.Option("--pilot", metavar="N", help="Only the first N seeds of each cell.")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", metavar="N", help="Only the first N runs.")] = None,
    set_: Settings = None,
    swap: Swaps = None,
    capture: Capture = None,
    rehearse: Annotated[
        bool,
        typer.Option("--rehearse", help="Run it as NAME-rehearsal: mock/uniform for every model and person."),
    ] = False,
    max_cost: Annotated[
        float | None,
        typer.Option("--max-cost", metavar="USD", help="Stop when all model calls together cost so much."),
    ] = None,
    db: Db = None,
    json: Json = False,
) -> None:
    """Run a study, or what is missing of it."""
    from lab import api

    if dry_run:
        forecast = api.forecast(
            study, set_=set_ or (), swap=swap or (), capture=capture, rehearse=rehearse, max_cost_usd=max_cost
        )
        _tell(forecast, json=json)
        return

    batch = _Batch(progress())
    try:
        ended = api.batch(
            study,
            workers=workers,
            limit=limit,
            pilot=pilot,
            set_=set_ or (),
            swap=swap or (),
            capture=capture,
            rehearse=rehearse,
            max_cost_usd=max_cost,
            db=db,
            brake=batch.brake,
            watch=batch.watch,
            on_plan=batch.begin,
        )
    finally:
        batch.progress.close()
    if rehearse:
        note(f"{ended.name} was a rehearsal: its numbers are of no model, and the study itself is untouched")
    batch.tell(ended, json=json)


class _Batch:
    """One call of `lab batch`: what was planned, and what came of it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.brake = _brake()
        self._unfinished = 0
        self._told: tuple[str, ...] = ()

    def begin(self, plan: BatchPlan) -> None:
        """Tell what is to be done."""
        self._runs = plan.runs
        self._told = plan.warnings
        for warning in plan.warnings:
            note(f"warning: {warning}")
        cells, done = counted(plan.cells, "cell"), min(plan.finished, plan.runs)
        note(
            f"{plan.study}: {counted(plan.runs, 'run')} in {cells}"
            + (f", {done} done before" if done else "")
        )
        self.progress.begin(plan.study, done=done, runs=plan.runs)

    def watch(self, ended: Ended) -> None:
        """Count a run that ended."""
        from lab.core.records import FINISHED, RunStatus

        self._unfinished += ended.status not in FINISHED
        self.progress.advance(failed=ended.status is RunStatus.FAILED)

    def tell(self, study: Study, *, json: bool) -> None:
        """Print the summary and how far it came; exits with 1 or 130 unless all is done."""
        from lab.cli.summaries import summary_sheet
        from lab.core.records import FINISHED, RunStatus

        summary, counts = study.summary(), study.counts
        done = min(sum(n for status, n in counts.items() if status in FINISHED), self._runs)
        failed = counts.get(RunStatus.FAILED, 0)
        if json:
            say_json(summary.to_json() | {"stopped": study.stopped, "db": study.db})
        else:
            summary_sheet(summary)
        for warning in study.warnings:
            if warning not in self._told:
                note(warning)
        words = f"{done} of {counted(self._runs, 'run')} done"
        self._end(done, f"{words}, {failed} failed" if failed else words, study.stopped)

    def _end(self, done: int, words: str, limit: str | None) -> None:
        whole = done == self._runs and not self._unfinished
        if limit is not None and not whole:
            note(f"{words}, stopped at {limit}; the same command with more room continues")
            raise typer.Exit(1)
        if whole or not self.brake.draining:
            note(words)
        else:
            note(f"stopped: {words}; the same command continues")
        if not whole:
            raise typer.Exit(INTERRUPTED if self.brake.draining else 1)


def _brake() -> Brake:
    from lab.runner.loop import Brake

    class SpokenBrake(Brake):
        """A brake that says what Ctrl-C did."""

        def pull(self) -> None:
            super().pull()
            if self.stop.now:
                note("stopping now")
            else:
                note("finishing the runs in flight; Ctrl-C again stops them")

    return SpokenBrake()


def _tell(forecast: Forecast, *, json: bool) -> None:
    from lab.cli.sheets import forecast_sheet

    if json:
        say_json(asdict(forecast))
    else:
        forecast_sheet(forecast)
