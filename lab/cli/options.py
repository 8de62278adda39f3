"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

Db = Annotated[
    str | None,
    typer.Option("--db", metavar="URL", help="The database; else $LAB_DB, else sqlite:///lab.db."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
Seed = Annotated[int | None, typer.Option("--seed", metavar="N", help="A seed in place of the file's.")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change one setting; may be repeated."),
]
Swaps = Annotated[
    list[str] | None,
    typer.Option(
        "--swap",
        metavar="AGENT=MODEL",
        help="Give an agent, or all of a group, another model, scripted/NAME or human; may be repeated.",
    ),
]
Capture = Annotated[
    str | None,
    typer.Option(
        "--capture",
        metavar="WHAT",
        help="Keep activations of local models: all, every4, mid, 0,3,-1, or SITES@LAYERS:SPANS.",
    ),
]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="The beginning of a run's id, or `last`.")]
