"""Commands for probes: `probe fit`, `probe score`, `probe list`, `probe show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from lab.cli.aligning import (
    Agent,
    Behavior,
    Bootstraps,
    Environment,
    Permutations,
    ReadingSeed,
    Site,
    Span,
)
from lab.cli.options import Db, Json
from lab.cli.printing import counted, say, say_json
from lab.cli.table import Cell, table
from lab.core.errors import UsageError

if TYPE_CHECKING:
    from db.probes import ProbeRow

probe = typer.Typer(help="Fit, apply, list or show readers of activations.", rich_markup_mode=None)


class Drawn(NamedTuple):
    """What else is drawn of a run than its scores."""

    at: int | None
    around: str | None
    reference: str | None


Name = Annotated[str, typer.Argument(metavar="PROBE", help="The beginning of a probe's id, or `last`.")]


@probe.command()
def fit(
    study: Annotated[str, typer.Option("--study", metavar="STUDY", help="The study's name.")],
    variable: Annotated[
        str, typer.Option("--variable", metavar="V", help="A hidden variable, claim_act.COLUMN, or a SELECT.")
    ],
    behavior: Behavior = None,
    agent: Agent = None,
    environment: Environment = None,
    site: Site = "resid_post",
    span: Span = "pre_choice",
    permutations: Permutations = 200,
    bootstraps: Bootstraps = 2_000,
    seed: ReadingSeed = 0,
    db: Db = None,
    json: Json = False,
) -> None:
    """Fit both readers at every layer, and log what they say of held-out runs."""
    from lab.align.question import Question
    from lab.api.readouts import fit_probes
    from probes.readers.assessment import Settings

    question = Question(
        study=study,
        variables=(variable,),
        behavior=behavior,
        agent=agent,
        environment=environment,
        site=site,
        span=span,
        measuring=Settings(bootstraps=bootstraps, permutations=permutations, seed=seed),
    )
    _list(list(fit_probes(question, db=db)), json=json)


@probe.command()
def score(
    name: Name,
    runs: Annotated[
        str, typer.Argument(metavar="STUDY|RUN", help="A study, or the beginning of a run's id.")
    ],
    db: Db = None,
    json: Json = False,
) -> None:
    """Apply a probe as it is to other decisions, and log what it says.

    Decisions without captures are read again from their logged tokens; no vector of them is kept.
    """
    from lab.api.readouts import score_runs

    found = score_runs(name, runs, db=db)
    if json:
        counts = {key: getattr(found, key) for key in found.__slots__ if key != "probe"}
        say_json({"probe": found.probe.id, **counts})
        return
    read = f"{counted(found.decisions, 'decision')} of {counted(found.runs, 'run')} read"
    say(f"probe {found.probe.id[:12]}: {read}")
    if found.seen:
        say(f"  {counted(found.seen, 'decision')} of runs that it was fitted on keep their held-out scores")
    if found.reread:
        say(f"  {counted(found.reread, 'decision')} without captures read again from the logged tokens")
    for reason, count in found.unread.items():
        say(f"  {counted(count, 'decision')} not read: {reason}")
    say(f"  {counted(found.new, 'new score')} in probe_score and v_alignment")
    if found.value is not None:
        say(f"  {found.metric} {found.value:.3f} at {counted(found.labeled, 'labeled decision')}")


@probe.command("list")
def list_(
    study: Annotated[
        str | None, typer.Option("--study", metavar="STUDY", help="Only probes of this study.")
    ] = None,
    db: Db = None,
    json: Json = False,
) -> None:
    """List the probes of the log."""
    from lab.api.readouts import list_probes

    _list(list_probes(study, db=db), json=json)


@probe.command()
def show(
    name: Name,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Draw what the probe says of this run's decisions."),
    ] = None,
    at: Annotated[
        int | None, typer.Option("--at", metavar="SEQ", help="Draw every token of this decision, too.")
    ] = None,
    around: Annotated[
        str | None,
        typer.Option(
            "--around",
            metavar="EVENT",
            help="Average the study's runs around it: a kind of event, an action, a SELECT of run and tick.",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            "--reference",
            metavar="CELL|VALUE",
            help="Compare tokens with this cell's decisions, or those where the variable has this value.",
        ),
    ] = None,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where figures are written.")
    ] = Path("figures"),
    db: Db = None,
    json: Json = False,
) -> None:
    """Show what a probe reads and what was measured of it; with --run, draw what it says over time."""
    if run is not None:
        _draw(name, run, output, Drawn(at, around, reference), db=db, json=json)
        return
    needless = {"--at": at, "--around": around, "--reference": reference}
    if given := [option for option, value in needless.items() if value is not None]:
        raise UsageError(f"{given[0]} says what is drawn of a run: name one with --run RUN")
    from lab.api.readouts import get_probe

    found = _json(get_probe(name, db=db))
    if json:
        say_json(found)
        return
    for key, value in found.items():
        if key != "metrics":
            say(f"{key}: {value}")
    for key, value in found["metrics"].items():
        say(f"  {key}: {value}")


def _draw(name: str, run: str, folder: Path, drawn: Drawn, *, db: str | None, json: bool) -> None:
    from lab.api.readouts import picture_probe

    pictures = picture_probe(name, run, **drawn._asdict(), db=db)
    files = [str(path) for one in pictures for path in one.figure.save(folder, one.name)]
    if json:
        say_json(files)
        return
    for one in pictures:
        say(one.figure.title)
        for line in one.figure.subtitle:
            say(f"  {line}")
    for path in files:
        say(path)


def _list(found: list[ProbeRow], *, json: bool) -> None:
    if json:
        say_json([_json(one) for one in found])
        return
    table(("probe", "study", "variable", "reader", "reads", "at", "reaches"), [_row(one) for one in found])


def _row(one: ProbeRow) -> tuple[Cell, ...]:
    metrics = _json(one)["metrics"]
    metric = next((name for name in ("auroc", "r2", "accuracy") if name in metrics), None)
    reaches = "" if metric is None or metrics[metric] is None else f"{metric} {metrics[metric]:.3f}"
    return (one.id[:12], one.study, one.variable, one.reader, f"{one.site}[{one.layer}]", one.span, reaches)


def _json(one: ProbeRow) -> dict[str, Any]:
    from lab.core.canonical import parse

    return one._asdict() | {"metrics": parse(one.metrics)}
