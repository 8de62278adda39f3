"""Commands that execute a run again: `replay`, `fork`; and the one that compares two: `diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from lab.cli.options import Db, Json, RunName, Settings, Swaps
from lab.cli.printing import say, say_json
from lab.cli.running import tell_run


def replay(run: RunName, db: Db = None, json: Json = False) -> None:
    """Execute a run again from the log and compare."""
    from lab import api

    replayed = api.replay(run, db=db)
    if json:
        say_json(
            {
                "run": replayed.run,
                "same": replayed.same,
                "recorded": replayed.recorded,
                "digest": replayed.digest,
                "difference": replayed.difference,
            }
        )
    elif replayed.same:
        say(f"run {replayed.run}: the replay repeats it, digest {replayed.digest}")
    else:
        say(f"run {replayed.run}: the replay differs from digest {replayed.recorded}")
        say(replayed.difference or f"the replay's digest is {replayed.digest}")
    if not replayed.same:
        raise typer.Exit(1)


def fork(
    run: RunName,
    at: Annotated[
        int,
        typer.Option("--at", metavar="SEQ", help="The row of the first decision asked anew; see `lab show`."),
    ],
    set_: Settings = None,
    swap: Swaps = None,
    reseed: Annotated[
        int, typer.Option("--reseed", metavar="N", help="Draw anew: N is added to the keys of policies.")
    ] = 0,
    db: Db = None,
    json: Json = False,
) -> None:
    """Repeat a run up to one decision, then go another way."""
    from lab import api

    tell_run(api.fork(run, at=at, set_=set_ or (), swap=swap or (), reseed=reseed, db=db), json=json)


def diff(
    run: RunName,
    other: Annotated[str, typer.Argument(metavar="RUN", help="Another run.")],
    db: Db = None,
    json: Json = False,
) -> None:
    """Show where two runs part: the first decision that differs."""
    from db.store import open_store
    from lab.analysis.diff import first_difference
    from lab.cli.differences import difference_json, tell_difference

    with open_store(db, create=False) as store:
        difference = first_difference(store, run, other)
    if json:
        say_json(difference_json(difference))
    else:
        tell_difference(difference)
