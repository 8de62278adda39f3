"""Commands for the installation and the database: `db upgrade`, `db check`, `doctor`, `bench`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lab.cli.options import Db, Json
from lab.cli.printing import counted, note, say, say_json
from lab.cli.table import Cell, table

if TYPE_CHECKING:
    from lab.bench.engine import Figure
    from lab.cli.diagnosis import Finding

database = typer.Typer(help="Upgrade a database, or check its integrity.", rich_markup_mode=None)


@database.command()
def upgrade(db: Db = None) -> None:
    """Bring a database to this lab's schema."""
    from db.schema import upgrade as upgrade_schema

    before, after = upgrade_schema(db)
    if before == after:
        say(f"schema {after}: up to date")
    else:
        say(f"schema {before or '(empty)'} → {after}")


@database.command()
def check(db: Db = None) -> None:
    """Find rows that were altered, swapped or lost."""
    from db.check import check as check_log
    from db.store import open_store

    with open_store(db, create=False) as store:
        faults = check_log(store)
        place = str(store.location)
    for fault in faults:
        say(str(fault))
    if faults:
        note(f"{place}: {counted(len(faults), 'fault')}")
        raise typer.Exit(1)
    say(f"{place}: no faults")


def doctor(
    model: Annotated[
        str | None, typer.Option("--model", metavar="MODEL", help="Also tell of this model: memory, reach.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", metavar="FILE", help="Also tell of its models, or its aliases."),
    ] = None,
    attach: Annotated[
        bool, typer.Option("--attach", help="Load local models and tell how they would run.")
    ] = False,
    db: Db = None,
    json: Json = False,
) -> None:
    """Tell what is installed and reachable."""
    from lab.cli.diagnosis import diagnose
    from lab.cli.model_diagnosis import diagnose_models

    findings = [*diagnose_models(model, scenario, attach=attach), *diagnose(db)]
    if json:
        say_json({"ok": all(one.ok for one in findings), "findings": [one._asdict() for one in findings]})
    else:
        table(("what", "found", "verdict"), [(one.what, one.found, _verdict(one)) for one in findings])
    if not all(one.ok for one in findings):
        raise typer.Exit(1)


def _verdict(finding: Finding) -> str:
    return "ok" if finding.ok else "not ok"


def bench(
    what: Annotated[
        Literal["engine", "families", "models", "probes"], typer.Argument(help="What to measure.")
    ] = "engine",
    json: Json = False,
) -> None:
    """Measure speed and size as ratios."""
    from lab.bench import engine, families, models, probes

    modules = {"engine": engine, "families": families, "models": models, "probes": probes}
    measured = list(modules[what].figures())
    if json:
        say_json([_figure_json(one) for one in measured])
    else:
        table(("what", "figure", "unit", "gate", "verdict"), [_figure_row(one) for one in measured])
    if not all(one.holds for one in measured):
        raise typer.Exit(1)


def _figure_json(figure: Figure) -> dict[str, Any]:
    gate = {} if figure.gate is None else {"at_least" if figure.at_least else "at_most": figure.gate}
    return {"what": figure.name, "figure": figure.value, "unit": figure.unit, **gate, "holds": figure.holds}


def _figure_row(figure: Figure) -> tuple[Cell, ...]:
    if figure.gate is None:
        return (figure.name, figure.value, figure.unit, None, None)
    gate = f"{'≥' if figure.at_least else '≤'} {figure.gate:g}"
    return (figure.name, figure.value, figure.unit, gate, "holds" if figure.holds else "missed")
