"""What the user's own planning tasks are played with: PDDL texts, written in YAML or named there as files."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo

from lab.core.errors import UsageError
from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.acting.spec import ActingParams
from scenarios.planning.strips.model import Task
from scenarios.planning.strips.pddl import parse_domain, parse_problem
from scenarios.planning.strips.tokens import MAX_CHARS


def _read(value: Any, info: ValidationInfo) -> Any:
    """The text of the file that `value` names; a text that begins as PDDL does is taken as it stands."""
    if not isinstance(value, str) or value.lstrip()[:1] in ("(", ";"):
        return value
    path = Path((info.context or {}).get("folder", ".")) / value
    try:
        if path.stat().st_size > 4 * MAX_CHARS:
            raise ValueError(f"'{value}' is too large: at most {MAX_CHARS:,} characters are read")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ValueError(f"no file '{path}' can be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"'{path}' is not UTF-8 text (byte {error.start})") from error


def _read_all(value: Any, info: ValidationInfo) -> Any:
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(_read(one, info) for one in listed)


class PddlParams(ActingParams):
    """What a PDDL world is played with. Files are read once, when the scenario is: it holds their texts.

    Attributes:
        domain: a file beside the scenario, such as ``world.pddl``, or the text itself: ``(define …)``.
        problem: the same for a problem of that domain, or several, played one after the other.
    """

    domain: Annotated[str, BeforeValidator(_read)]
    problem: Annotated[
        tuple[str, ...],
        BeforeValidator(_read_all, json_schema_input_type=str | list[str]),
        Field(min_length=1),
    ]

    def tasks(self) -> tuple[Task, ...]:
        """The task of each problem.

        Raises:
            PddlError: a text is wrong, or uses what is not supported.
        """
        return _tasks(self.domain, self.problem)

    def puzzles(self) -> tuple[Puzzle, ...]:
        """The tasks with their exact costs.

        Raises:
            PddlError: a text is wrong, or uses what is not supported.
            TooManyActions: a task has more than 50,000 ground actions.
        """
        return _puzzles(self.domain, self.problem)


@lru_cache(maxsize=16)
def _tasks(domain: str, problems: tuple[str, ...]) -> tuple[Task, ...]:
    world = parse_domain(domain)
    names = ["problem"] if len(problems) == 1 else [f"problem[{place}]" for place in range(len(problems))]
    return tuple(parse_problem(text, world, name) for text, name in zip(problems, names, strict=True))


@lru_cache(maxsize=16)
def _puzzles(domain: str, problems: tuple[str, ...]) -> tuple[Puzzle, ...]:
    return tuple(Puzzle.of(task) for task in _tasks(domain, problems))


def text_problem(params: PddlParams) -> tuple[str, str] | None:
    """(path, what is wrong) with the texts, None when they say tasks."""
    try:
        parse_domain(params.domain)
    except UsageError as error:
        return "domain", str(error)
    try:
        params.puzzles()
    except UsageError as error:
        return "problem", str(error)
    return None
