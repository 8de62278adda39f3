"""Commands that read the log: `status`, `runs`, `show`, `query`, `export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lab.cli.options import Db, Json, RunName
from lab.cli.printing import moment, paint, say, say_json
from lab.cli.table import Cell, table
from lab.core.errors import UnknownName

if TYPE_CHECKING:
    from db.reading import RunInfo
    from db.store import Store
    from lab.analysis.status import StudyStatus

RUN_FIELDS: tuple[str, ...] = (
    *("study", "name", "environment", "cell", "replicate", "seed", "status", "digest", "ticks", "decisions"),
    *("invalid", "tokens", "cost_usd", "wall_s", "parent", "fork_at", "error"),
)


def status(
    study: Annotated[str | None, typer.Argument(metavar="[STUDY]", help="One study only.")] = None,
    db: Db = None,
    json: Json = False,
) -> None:
    """Tell how far studies are, also while they run."""
    from db.store import open_store
    from lab.analysis.status import list_studies, study_status
    from lab.cli.sheets import status_json, status_sheet

    with open_store(db, create=False) as store:
        found = [study_status(store, study)] if study else list(list_studies(store))
    if json:
        say_json(status_json(found[0]) if study else [status_json(one) for one in found])
    elif study:
        status_sheet(found[0])
    else:
        titles = ("study", "runs", "done", "running", "stopped", "failed", "decisions", "last sign of life")
        table(titles, [_status_row(one) for one in found])


def _status_row(status: StudyStatus) -> tuple[Cell, ...]:
    from lab.core.records import RunStatus

    counts = [status.counts.get(name, 0) for name in (RunStatus.RUNNING, RunStatus.STOPPED, RunStatus.FAILED)]
    sign = moment(status.heartbeat) if status.heartbeat else "never"
    return (status.study, status.planned, status.finished, *counts, status.decisions, sign)


def runs(
    study: Annotated[
        str | None, typer.Option("--study", metavar="STUDY", help="Only runs of this study.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most so many runs.")] = 50,
    after: Annotated[
        str | None, typer.Option("--after", metavar="RUN", help="Only runs begun before this one.")
    ] = None,
    db: Db = None,
    json: Json = False,
) -> None:
    """List runs, the last begun first."""
    from db.reading import get_run, list_runs
    from db.store import open_store
    from db.studies import get_study

    with open_store(db, create=False) as store:
        name = get_study(store, study).name if study else None
        last = get_run(store, after).id if after else None
        found = list_runs(store, study_name=name, limit=limit, after=last)
    if json:
        say_json([_run_json(info) for info in found])
        return
    titles = ("run", "scenario", "study", "cell", "seed", "status", "decisions", "invalid", "begun")
    table(titles, [_run_row(info) for info in found])
    if len(found) == limit:
        say(f"the next page: --after {found[-1].id}")


def _run_row(info: RunInfo) -> tuple[Cell, ...]:
    study = f"fork of {info.parent[:6]} @{info.fork_at}" if info.parent else info.study
    place = (info.id, info.name, study, info.cell, str(info.seed))
    return (*place, info.status, info.decisions, info.invalid, moment(info.created))


def _run_json(info: RunInfo) -> dict[str, Any]:
    """A run's row; its scenario goes by name, as in `v_run`."""
    fields = {"scenario" if name == "name" else name: getattr(info, name) for name in RUN_FIELDS}
    return {"run": info.id, **fields}


def show(
    run: RunName,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="A", help="Only what this agent saw, did and got.")
    ] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the rows as JSON lines.")] = False,
    db: Db = None,
) -> None:
    """Tell a run as a story."""
    from db.store import open_store
    from lab.cli.stories import raw_lines, story

    with open_store(db, create=False) as store:
        if raw:
            for line in raw_lines(store, run, agent=agent):
                say(line)
        else:
            paint(story(store, run, agent=agent))


def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT; the views v_… are made for it.")],
    format: Annotated[
        Literal["table", "csv", "json", "parquet"], typer.Option("--format", help="How to print the rows.")
    ] = "table",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead.")
    ] = None,
    db: Db = None,
) -> None:
    """Ask the log a question in SQL, read-only."""
    from db.query import query as read_only
    from db.store import open_store
    from lab.cli.answers import write_answer

    with open_store(db, create=False) as store:
        write_answer(read_only(store, sql), format=format, output=output)


def export(
    name: Annotated[
        str, typer.Argument(metavar="STUDY|RUN", help="A study's name or the beginning of a run's id.")
    ],
    format: Annotated[
        Literal["parquet", "csv", "jsonl"], typer.Option("--format", help="The kind of files.")
    ] = "parquet",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The folder; else ./NAME.")
    ] = None,
    db: Db = None,
) -> None:
    """Write tidy tables for other tools."""
    from db.export import export as export_tables
    from db.store import open_store

    with open_store(db, create=False) as store:
        chosen = _study_or_run(store, name)
        target = output or Path(next(iter(chosen.values())))
        files = export_tables(store, format=format, target_dir=target, **chosen)
    for file in files:
        say(str(file))


def _study_or_run(store: Store, name: str) -> dict[str, str]:
    """The study of this name, else the run whose id begins so, as `db.export` takes it."""
    from db.reading import get_run
    from db.studies import find_study, list_studies

    if find_study(store, name):
        return {"study_name": name}
    try:
        return {"run_id": get_run(store, name).id}
    except UnknownName as error:
        studies = [study.name for study in list_studies(store)]
        raise UnknownName("study or run", name, [*studies, *error.allowed]) from error
