"""Every error a user of the lab can meet, as one tree.

    LabError                    anything the lab raises on purpose
    ├── ScenarioError           a YAML file is wrong; carries every problem found in it
    ├── UsageError              a command or call is wrong (bad option value, no such run)
    │   └── UnknownName         a name that is not in its table; carries the nearest one
    ├── MissingDependency       an optional package is not installed
    ├── StoreError              the database cannot be opened, read or written
    │   └── ChainError          the log was altered: a row, its order or its end
    ├── RuleError               an environment or policy broke the engine's rules (a bug)
    ├── RunFailed               a run could not go on (too many model errors)
    ├── ModelUnavailable        a model gave no reply to a call; the decision gets status `error`
    └── ReplayDiverged          a re-execution did not repeat what the log holds

An agent's misbehavior is never an error: it is data, with a status of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


def nearest(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name most like `name`, or None when nothing is close."""
    matches = get_close_matches(name, list(allowed), n=1, cutoff=0.6)
    return matches[0] if matches else None


def suggestion(name: str, allowed: Iterable[str]) -> str:
    """`; did you mean 'x'?` when some allowed name is close, else an empty string."""
    close = nearest(name, allowed)
    return f"; did you mean '{close}'?" if close else ""


class LabError(Exception):
    """Base of all errors the lab raises on purpose; `str()` is one plain message."""

    exit_code = 1


class UsageError(LabError):
    """The user asked for something that cannot be done; says what can."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that is not in its table.

    Attributes:
        kind: what was looked up, such as ``environment``.
        name: what was asked for.
        allowed: every name the table holds.
    """

    def __init__(self, kind: str, name: str, allowed: Iterable[str]) -> None:
        self.kind = kind
        self.name = name
        self.allowed = tuple(sorted(allowed))
        known = ", ".join(self.allowed) or "there is none"
        hint = suggestion(name, self.allowed)
        super().__init__(f"unknown {kind} '{name}'{hint} (known: {known})")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a file: where it stands and what would be right.

    Line 0 stands for a place without lines: a whole file, or an option such as ``--set params.x=5``.
    """

    file: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{where}: {self.path}: {self.message}" if self.path else f"{where}: {self.message}"


class ScenarioError(LabError):
    """A scenario or study file is wrong; `problems` holds all of it, in file order."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class MissingDependency(LabError):
    """An optional package is needed and not installed; names the extra to install."""

    exit_code = 2


class StoreError(LabError):
    """The database cannot be opened, read or written as asked."""

    exit_code = 2


class ChainError(StoreError):
    """The log was altered after it was written; names the run, the table and the row."""

    exit_code = 1


class RuleError(LabError):
    """An environment or policy broke the engine's rules: a bug in that code, not data."""


class RunFailed(LabError):
    """A run cannot go on: more decisions ended in model errors than the scenario allows."""


class ModelUnavailable(LabError):
    """A model gave no reply to a call; the decision gets status ``error``. The text is ``kind: message``."""

    @property
    def kind(self) -> str:
        """The kind of the failure, such as ``overflow``."""
        return str(self).partition(":")[0]


class ReplayDiverged(LabError):
    """A re-execution did not repeat the log.

    Attributes:
        seq: the first row that differs.
        call: the model call inside that decision, or None for the row itself.
        recorded: what the log holds there, as text.
        found: what the re-execution produced, as text.
    """

    def __init__(
        self, seq: int, *, recorded: str, found: str, call: str | None = None, what: str = "decision"
    ) -> None:
        self.seq = seq
        self.call = call
        self.recorded = recorded
        self.found = found
        place = f"{what} {seq}" + (f", call {call}" if call is not None else "")
        super().__init__(f"replay diverged at {place}\n  recorded: {recorded}\n  now:      {found}")
