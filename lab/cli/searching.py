"""The command that looks for words in what agents were told and said: `grep`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lab.cli.options import Db, Json
from lab.cli.printing import Line, Span, paint, say_json

if TYPE_CHECKING:
    from db.search import Match

FOUND = "bold red"


def grep(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The words to look for, as they stand.")],
    study: Annotated[
        str | None, typer.Option("--study", metavar="STUDY", help="Only runs of this study.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="RUN", help="Only this run, or `last`.")] = None,
    ignore_case: Annotated[
        bool, typer.Option("--ignore-case", "-i", help="Take capital and small letters as the same.")
    ] = False,
    db: Db = None,
    json: Json = False,
) -> None:
    """Search what agents were told and said."""
    from db.reading import get_run
    from db.search import search
    from db.store import open_store
    from db.studies import get_study

    with open_store(db, create=False) as store:
        matches = search(
            store,
            text,
            study=get_study(store, study).name if study else None,
            run=get_run(store, run).id if run else None,
            ignore_case=ignore_case,
        )
        first = next(matches, None)
        found = chain([first], matches) if first else iter(())
        if json:
            say_json([_match_json(one) for one in found])
        else:
            paint(_lines(found))
    if first is None:
        raise typer.Exit(1)


def _lines(matches: Iterator[Match]) -> Iterator[Line]:
    """A line for each match; its place first, as `lab show RUN` numbers it."""
    for one in matches:
        place = f"{one.run}  {one.seq:>5}  {one.agent or '':<10}  {one.where:<9}  "
        yield (Span(place), *(Span(_flat(text), style) for text, style in _parts(one)))


def _parts(match: Match) -> tuple[tuple[str, str], ...]:
    return (match.before, ""), (match.found, FOUND), (match.after, "")


def _flat(text: str) -> str:
    """A text on one line."""
    return text.replace("\r\n", " ").replace("\n", " ")


def _match_json(match: Match) -> dict[str, Any]:
    return {
        "run": match.run,
        "seq": match.seq,
        "agent": match.agent,
        "where": match.where,
        "excerpt": match.excerpt,
    }
