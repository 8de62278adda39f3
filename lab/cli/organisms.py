"""Commands for organisms: `organism train`, `organism list`, `organism check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.options import Json
from lab.cli.printing import interval, note, number, say, say_json
from lab.cli.progress import LINE_EVERY_S
from lab.cli.table import Cell, table

if TYPE_CHECKING:
    from agents.organisms.cards import Card
    from lab.organism.calibration import Judged
    from lab.organism.checking import Checked
    from lab.organism.training import Training

organism = typer.Typer(help="Train, list or check small models with a known inside.", rich_markup_mode=None)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The organism's name.")]
Log = Annotated[
    str | None, typer.Option("--db", metavar="URL", help="A database that keeps the runs; else none does.")
]

ABOUT = {
    "distance": "mean distance to the Bayes mixture",
    "correlation": "correlation with it",
    "same_choice": "share of equal likeliest choices",
    "whole_runs": "share of episodes with all of them equal",
    "loss": "surprise at the teacher, nats an act",
    "bayes_loss": "surprise of the Bayes mixture",
    "legal_mass": "least chance of all choices together",
}


@organism.command()
def train(
    name: Name,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Keys data, weights and batches.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", help="Folder of organisms; else $LAB_ORGANISMS, else organisms."
        ),
    ] = None,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", help="Optimizer steps.")] = None,
    episodes: Annotated[int | None, typer.Option("--episodes", metavar="N", help="Training runs.")] = None,
    db: Log = None,
    json: Json = False,
) -> None:
    """Train an organism on runs of its scripted agent, and judge it on others."""
    from lab.organism.training import train_organism

    made = train_organism(
        name, seed=seed, out=out, steps=steps, episodes=episodes, db=db, watch=every(LINE_EVERY_S)
    )
    if json:
        say_json(_training_json(made))
    else:
        _judged_table(made.judged)
        say(f"{made.folder}: {_size_words(made.card, made.folder)}")
    if not made.judged.passed:
        raise typer.Exit(1)


@organism.command("list")
def list_(json: Json = False) -> None:
    """List the organisms at hand."""
    from agents.organisms.cards import card, organism_folder, organisms

    found = [(card(name), organism_folder(name)) for name in organisms()]
    if json:
        say_json([asdict(card) | {"bytes": _bytes(folder), "folder": str(folder)} for card, folder in found])
    else:
        titles = ("organism", "environment", "seat", "parameters", "size", "distance", "folder")
        table(titles, [_list_row(card, folder) for card, folder in found])


@organism.command()
def check(
    name: Name,
    runs: Annotated[int | None, typer.Option("--runs", metavar="N", help="Episodes of both trials.")] = None,
    db: Log = None,
    json: Json = False,
) -> None:
    """Judge an organism on runs it never saw, then let it play in its teacher's place."""
    from lab.organism.checking import RUNS, check_organism

    found = check_organism(name, runs=RUNS if runs is None else runs, db=db, watch=every(LINE_EVERY_S))
    if json:
        say_json(_check_json(found))
    else:
        _judged_table(found.judged)
        say()
        titles = ("in closed loop", "scripted", "interval", "organism", "verdict")
        table(titles, list(_loop_rows(found)))
    if not found.passed:
        raise typer.Exit(1)


def every(seconds: float, *, clock: Callable[[], float] = perf_counter) -> Callable[[str, int, int], None]:
    """What tells how far a training came, at most once in so many seconds."""
    told_s = clock()

    def watch(what: str, done: int, of: int) -> None:
        nonlocal told_s
        if clock() - told_s >= seconds:
            told_s = clock()
            note(f"{what} {done:,} of {of:,}")

    return watch


def _judged_table(judged: Judged) -> None:
    about = ABOUT | {figure.name: figure.about for figure in judged.extra}
    gates = {gate.figure: gate for gate in judged.gates}
    rows: list[tuple[Cell, ...]] = []
    for name, words in about.items():
        gate, value = gates.get(name), judged.figures[name]
        verdict = (None, None) if gate is None else (str(gate), _verdict(holds=gate.holds(value)))
        rows.append((words, value, *verdict))
    table((f"on {judged.calibration.episodes:,} held-out episodes", "figure", "gate", "verdict"), rows)


def _loop_rows(found: Checked) -> Iterator[tuple[Cell, ...]]:
    for one in found.loop:
        inside = interval(one.interval.low, one.interval.high) if one.floor is None else f"≥ {one.floor:g}"
        yield one.measure, number(one.scripted), inside, number(one.organism), _verdict(holds=one.within)


def _list_row(card: Card, folder: Path) -> tuple[Cell, ...]:
    made = card.provenance
    size, distance = f"{_bytes(folder) / 1e6:.2f} MB", made.figures["distance"]
    return (card.name, card.environment, card.seat, f"{made.parameters:,}", size, distance, str(folder))


def _training_json(made: Training) -> dict[str, Any]:
    return {"folder": str(made.folder), "card": asdict(made.card)} | _judged_json(made.judged)


def _check_json(found: Checked) -> dict[str, Any]:
    loop = [asdict(one) | {"within": one.within} for one in found.loop]
    return _judged_json(found.judged) | {"passed": found.passed, "loop": loop}


def _judged_json(judged: Judged) -> dict[str, Any]:
    gates = [asdict(gate) | {"holds": gate.holds(judged.figures.get(gate.figure))} for gate in judged.gates]
    return {"passed": judged.passed, "gates": gates, "figures": dict(judged.figures)}


def _size_words(card: Card, folder: Path) -> str:
    return f"{card.provenance.parameters:,} parameters, {_bytes(folder) / 1e6:.2f} MB"


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _verdict(*, holds: bool) -> str:
    return "holds" if holds else "missed"
