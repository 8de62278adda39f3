"""The command `lab`: which commands there are, and what becomes of their errors.

Exit codes: 0 done; 1 a run or a check failed; 2 the user's mistake; 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Annotated

import typer
from typer.main import get_command

from lab import __version__
from lab.cli import (
    aligning,
    authoring,
    capturing,
    organisms,
    probing,
    reading,
    repeating,
    running,
    searching,
    upkeep,
)
from lab.cli.printing import note, say
from lab.cli.running import INTERRUPTED
from lab.core.errors import LabError

app = typer.Typer(
    name="lab",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

COMMANDS: dict[str, Callable[..., None]] = {
    "init": authoring.init,
    "validate": authoring.validate,
    "schema": authoring.schema,
    "list": authoring.list_,
    "run": running.run,
    "batch": running.batch,
    "capture": capturing.capture,
    "align": aligning.align,
    "status": reading.status,
    "runs": reading.runs,
    "show": reading.show,
    "grep": searching.grep,
    "query": reading.query,
    "export": reading.export,
    "replay": repeating.replay,
    "fork": repeating.fork,
    "diff": repeating.diff,
    "doctor": upkeep.doctor,
    "bench": upkeep.bench,
}

for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(organisms.organism, name="organism")
app.add_typer(probing.probe, name="probe")
app.add_typer(upkeep.database, name="db")


@app.callback(invoke_without_command=True)
def lab(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """A behavioral science lab for LLM agents: author a scenario, run a study, query the log."""
    if version:
        say(f"ethogram {__version__}")
    elif context.invoked_subcommand is None:
        say(context.get_help())


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a command line says.

    Args:
        arguments: the words after `lab`; those of this process by default.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        code = _obey([_no_option(word) for word in words if word != "--debug"])
        sys.stdout.flush()
    except BrokenPipeError:
        return _leave_quietly()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (LabError, typer.TyperException) as error:
        if debug:
            traceback.print_exc()
        note(_in_words(error))
        return error.exit_code
    except Exception as error:  # noqa: BLE001  a bug is told in one line; its traceback is for who asks
        if debug:
            traceback.print_exc()
        note(f"internal error: {type(error).__name__}: {error}; --debug shows the traceback")
        return 1
    return code


def _obey(words: list[str]) -> int:
    command = get_command(app)
    try:
        with command.make_context("lab", words) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    return 0


def _no_option(word: str) -> str:
    """A word as it stands, but for SQL that opens with a comment: a blank keeps that from being an option."""
    return f" {word}" if word.startswith("--") and word[2:3].isspace() else word


def _in_words(error: LabError | typer.TyperException) -> str:
    """An error as plain text; a mistake in the command line as one line that names the command."""
    if isinstance(error, LabError):
        return str(error)
    context: typer.Context | None = getattr(error, "ctx", None)
    message = " ".join(error.format_message().replace("Value error, ", "").split())
    return f"{context.command_path if context else 'lab'}: {message}"


def _leave_quietly() -> int:
    """The reader of the output has gone: nothing more is written, not even on the way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
