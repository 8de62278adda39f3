"""What the agent did: the action of a phase, or a measure of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from db.store import Store
from lab.align.scope import Key, Scope
from lab.analysis.rows import rows
from lab.core.canonical import parse
from lab.core.errors import UnknownName

Kind = Literal["phase", "measure"]


@dataclass(frozen=True, slots=True)
class Behavior:
    """What the agent does, at each decision.

    Attributes:
        name: a phase or a measure.
        kind: which of them.
        outcomes: decision → the action there, or its run's measure; without those that have none.
    """

    name: str
    kind: Kind
    outcomes: Mapping[Key, str | float]

    @property
    def phase(self) -> str | None:
        """The phase whose decisions are meant; None for a measure, which is of all."""
        return self.name if self.kind == "phase" else None


def read_behavior(store: Store, scope: Scope, name: str) -> Behavior:
    """The behavior called `name`: a phase in which the scope's agents decide, else a measure.

    The action of a phase with one number among its arguments is that number.

    Raises:
        UnknownName: when it is neither.
    """
    if name in scope.phases:
        outcomes = {
            key: _acted(one.action, one.args)
            for key, one in scope.decisions.items()
            if one.phase == name and one.action is not None
        }
        return Behavior(name, "phase", outcomes)
    measured = [row for row in rows(store, _MEASURES, scope.id) if row["run"] in scope.runs]
    if name not in {row["name"] for row in measured}:
        raise UnknownName("behavior", name, {*scope.phases, *(row["name"] for row in measured)})
    values = {(row["run"], row["agent"]): row["value"] for row in measured if row["name"] == name}
    of_run = {
        key: values.get((one.run, one.agent), values.get((one.run, "")))
        for key, one in scope.decisions.items()
    }
    return Behavior(name, "measure", {key: value for key, value in of_run.items() if value is not None})


def _acted(action: str, args: str | None) -> str | float:
    try:
        return float(action)
    except ValueError:
        pass
    numbers = [value for value in (parse(args) if args else {}).values() if type(value) in (int, float)]
    return float(numbers[0]) if len(numbers) == 1 else action


_MEASURES = """
SELECT run, agent, name, value FROM measure
WHERE run IN (SELECT id FROM run WHERE study = ?) AND name NOT LIKE '%.low' AND name NOT LIKE '%.high'
"""
