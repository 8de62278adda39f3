"""Commands for readings: `align` and its `align explain`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lab.cli.options import Db, Json
from lab.cli.printing import note, number, say, say_json
from lab.cli.table import Cell, table
from lab.core.errors import UsageError

if TYPE_CHECKING:
    from lab.align.finding import Finding
    from lab.align.ladder import Level

EXPLAIN = "explain"

Study = Annotated[
    str, typer.Argument(metavar="STUDY", help="The study's name; or `explain`, then a finding.")
]
Named = Annotated[
    str | None,
    typer.Argument(metavar="[FINDING]", help="After `explain`: the beginning of an id, or `last`."),
]
Variables = Annotated[
    list[str] | None,
    typer.Option(
        "--variable",
        metavar="V",
        help="What is read: a hidden variable, claim_act.COLUMN, or a SELECT of run, seq and value; "
        "may be repeated.",
    ),
]
Behavior = Annotated[
    str | None,
    typer.Option("--behavior", metavar="B", help="A phase, whose action it is, or a measure."),
]
Agent = Annotated[str | None, typer.Option("--agent", metavar="A", help="Only this agent's decisions.")]
Environment = Annotated[
    str | None, typer.Option("--environment", metavar="E", help="Only runs of this environment.")
]
Site = Annotated[str, typer.Option("--site", metavar="SITE", help="Where in the model is read.")]
Span = Annotated[str, typer.Option("--span", metavar="SPAN", help="At which tokens is read.")]
Layer = Annotated[
    int | None,
    typer.Option("--layer", metavar="N", help="The layer that the claim is about; else one is chosen."),
]
Permutations = Annotated[int, typer.Option("--permutations", metavar="N", help="Shuffles of the labels.")]
Bootstraps = Annotated[int, typer.Option("--bootstraps", metavar="N", help="Resamples of the runs.")]
ReadingSeed = Annotated[int, typer.Option("--seed", metavar="N", help="Keys folds, resamples and shuffles.")]

Page = Annotated[
    Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write a report, one HTML page.")
]
Figures = Annotated[
    Path | None,
    typer.Option("--figures", metavar="FOLDER", help="Write each figure as HTML, PNG and CSV."),
]


def align(
    study: Study,
    finding: Named = None,
    variable: Variables = None,
    behavior: Behavior = None,
    agent: Agent = None,
    environment: Environment = None,
    site: Site = "resid_post",
    span: Span = "pre_choice",
    layer: Layer = None,
    level: Annotated[str, typer.Option("--level", metavar="L", help="How far to climb: L0 … L3.")] = "L3",
    permutations: Permutations = 200,
    bootstraps: Bootstraps = 2_000,
    seed: ReadingSeed = 0,
    budget: Annotated[
        float, typer.Option("--budget", metavar="S", help="Seconds; levels not reached are not tested.")
    ] = 300.0,
    output: Page = None,
    figures: Figures = None,
    db: Db = None,
    json: Json = False,
) -> None:
    """Tell what activations say of a variable, with controls."""
    if study == EXPLAIN:
        _explain(finding, db, json=json)
        return
    if finding is not None:
        raise UsageError(f"lab align takes one study, not '{study}' and '{finding}'")
    from lab.align.question import Question
    from lab.api.readouts import align_study
    from probes.readers.assessment import Settings

    question = Question(
        study=study,
        variables=tuple(variable or ()),
        behavior=behavior,
        agent=agent,
        environment=environment,
        site=site,
        span=span,
        layer=layer,
        level=level,
        measuring=Settings(bootstraps=bootstraps, permutations=permutations, seed=seed),
    )
    answer = align_study(question, budget_s=budget, report=output, figures=figures, db=db)
    if json:
        say_json([one.to_json() for one in answer.findings])
        return
    for one in answer.headlines:
        _tell(one, [other for other in answer.findings if other.variable == one.variable], answer.db)
    kept = len(answer.findings)
    say(f"{kept} findings in {answer.db}: {answer.new} new, {kept - answer.new} unchanged")
    if output is not None:
        note(f"report: {output}")
    if figures is not None:
        note(f"figures: {figures}")


def _explain(name: str | None, db: str | None, *, json: bool) -> None:
    from lab.api.readouts import get_finding

    if name is None:
        raise UsageError("lab align explain takes a finding: the beginning of its id, or `last`")
    found = get_finding(name, db=db)
    if json:
        say_json(found.finding.to_json() | {"commands": list(found.finding.commands(found.db))})
        return
    _tell(found.finding, [found.finding], found.db)
    say("numbers")
    for line in _numbers(found.finding):
        say(f"  {line}")
    say("settings")
    for key, value in found.finding.settings.items():
        say(f"  {key}: {value}")


def _tell(finding: Finding, sweep: list[Finding], db: str) -> None:
    said = finding.sentences
    say(said.headline)
    say()
    for sentence in said.body:
        say(f"  {sentence}")
    say()
    table(("level", "outcome", "found", "threshold"), [_level_row(one) for one in finding.levels])
    if len(sweep) > 1:
        say()
        table(
            ("layer", "level", "verdict", finding.metrics["metric"], ""), [_layer_row(one) for one in sweep]
        )
    for title, lines in (
        ("may be said", said.allowed),
        ("may not be said", said.disallowed),
        ("not tested", said.untested),
        ("marks", said.marks),
        ("reproduce", finding.commands(db)),
    ):
        if lines:
            say()
            say(title)
        for line in lines:
            say(f"  {line}")
    say()
    say(
        f"finding {finding.id[:12]}, runs {finding.runs_hash[:12]}, code {finding.code_hash[:12]}"
        + (f", probe {finding.probe[:12]}" if finding.probe else "")
    )
    say()


def _level_row(one: Level) -> tuple[Cell, ...]:
    found = f"{one.found}: {one.reason}" if one.found and one.reason else one.found or one.reason
    return one.level, one.outcome, found, one.threshold


def _layer_row(one: Finding) -> tuple[Cell, ...]:
    value = one.metrics["at"]["value"]
    reached = (
        "" if value is None else f"{number(value['value'])} [{number(value['low'])}, {number(value['high'])}]"
    )
    return one.layer, one.level or "–", one.verdict, reached, "headline" if one.headline else ""


def _numbers(finding: Finding) -> list[str]:
    found = dict(finding.metrics)
    at = found.pop("at")
    return [f"{name}: {value}" for name, value in (found | at).items() if value not in (None, {}, [])]
