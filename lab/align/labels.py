"""What is to be read: the value of a variable at each decision, from the log.

A variable is a name in `hidden`, a column of `claim_act` (``claim_act.said``, ``world``, ``private`` or
``false``: said and private differ), or one SELECT with columns run, seq and value, and where it likes agent,
and visible (whether the value is a function of what the agent saw, as `hidden` has it).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from db.query import query
from db.store import Store
from lab.align.scope import Key, Scope
from lab.analysis.rows import rows
from lab.core.canonical import label, unlabel
from lab.core.errors import UnknownName, UsageError
from lab.core.records import TruthSpec
from probes.readers.tasks import Task

Source = Literal["hidden", "claim_act", "sql"]

CLAIM_COLUMNS = ("said", "world", "private", "false")
NUMBER_VALUES = 10
"""Numbers that nobody declared are a quantity when more than so many differ; else they are classes."""


@dataclass(frozen=True, slots=True)
class Label:
    """The variable's value at one decision.

    Attributes:
        value: as the log shows it: a text as it is, all else JSON.
        posterior: log-odds that an ideal observer of the text gives to the positive value.
        visible: whether the value is a function of what the agent saw; None where the log does not say.
    """

    value: str
    posterior: float | None = None
    visible: bool | None = None

    @property
    def number(self) -> float | None:
        """The value as a number; None where it is none."""
        value = unlabel(self.value)
        return float(value) if isinstance(value, int | float) else None


@dataclass(frozen=True, slots=True)
class Variable:
    """What is to be read, and its value wherever the log has one.

    Attributes:
        name: as it was asked for.
        source: where its values come from.
        task: what kind of reading its values ask for.
        visible: whether the value is a function of what the agent saw; None where the log does not say.
        about: what it is, in one sentence; empty where nobody declared it.
        labels: decision → its value there.
    """

    name: str
    source: Source
    task: Task
    visible: bool | None
    about: str
    labels: Mapping[Key, Label]

    @property
    def positive(self) -> str | None:
        """The value that a score speaks for, of a binary variable."""
        return self.task.classes[-1] if self.task.kind == "binary" else None


def read_variable(store: Store, scope: Scope, name: str) -> Variable:
    """The variable called `name`, at the decisions of a scope.

    Its task is declared by its environment: two values are binary, more are classes, none are a number. Of
    what nobody declares, two values are binary, more than `NUMBER_VALUES` numbers a number, all else classes.

    Raises:
        UnknownName: when the study has no such variable.
        UsageError: when it has no value at these decisions, or one value only, or the SELECT is no list of
            values.
    """
    source = _source(name)
    readers = {"hidden": _hidden, "claim_act": _claims, "sql": _selected}
    found = list(readers[source](store, scope, name))
    labels = _labels(name, [(key, one) for key, one in found if key in scope.decisions])
    if not labels:
        raise UsageError(_nowhere(scope, name, len(found)))
    meant = scope.only(environments=frozenset(scope.runs[run].environment for run, _ in labels))
    spec = meant.truth(name) if source == "hidden" else None
    seen = {one.visible for one in labels.values()}
    return Variable(
        name=name,
        source=source,
        task=_task(name, spec, labels),
        visible=seen.pop() if len(seen) == 1 else None,
        about=spec.about if spec else "",
        labels=labels,
    )


def variables(store: Store, scope: Scope) -> tuple[str, ...]:
    """The variables that the runs of a scope have: hidden names, then columns of claims."""
    hidden = rows(store, _HIDDEN_NAMES, scope.id)
    named = {row["name"] for row in hidden if row["run"] in scope.runs}
    claimed = rows(store, _CLAIMING, scope.id)
    claims = any(row["run"] in scope.runs for row in claimed)
    return (*sorted(named), *(f"claim_act.{column}" for column in CLAIM_COLUMNS if claims))


def _source(name: str) -> Source:
    if name.lower().split(maxsplit=1)[:1] in (["select"], ["with"]):
        return "sql"
    return "claim_act" if name.startswith("claim_act.") else "hidden"


def _hidden(store: Store, scope: Scope, name: str) -> Iterator[tuple[Key, Label]]:
    found = [row for row in rows(store, _HIDDEN, scope.id, name) if row["run"] in scope.runs]
    if not found:
        raise UnknownName("variable", name, variables(store, scope))
    for row in found:
        yield (row["run"], row["seq"]), Label(row["value"], row["posterior"], bool(row["visible"]))


def _claims(store: Store, scope: Scope, name: str) -> Iterator[tuple[Key, Label]]:
    column = name.removeprefix("claim_act.")
    if column not in CLAIM_COLUMNS:
        raise UnknownName("variable", name, variables(store, scope))
    found = [row for row in rows(store, _CLAIMS, scope.id) if row["run"] in scope.runs]
    if not found:
        raise UsageError(f"variable '{name}': study '{scope.study}' logs no claims")
    subjects = {row["subject"] for row in found}
    if len(subjects) > 1:
        raise UsageError(
            f"variable '{name}': claims are about {', '.join(sorted(subjects))}; choose one "
            "subject by a SELECT of run, seq and value"
        )
    for row in found:
        value = label(row["said"] != row["private"]) if column == "false" else row[column]
        yield (row["run"], row["seq"]), Label(value)


def _selected(store: Store, scope: Scope, name: str) -> Iterator[tuple[Key, Label]]:
    result = query(store, name)
    lacking = {"run", "seq", "value"} - set(result.columns)
    if lacking:
        raise UsageError(
            "a variable's SELECT gives columns run, seq and value; "
            f"this one lacks {' and '.join(sorted(lacking))}"
        )
    run, seq, value = (result.columns.index(column) for column in ("run", "seq", "value"))
    agent, visible = (
        result.columns.index(name) if name in result.columns else None for name in ("agent", "visible")
    )
    for row in result.rows:
        key = (row[run], row[seq])
        of_agent = agent is None or key not in scope.decisions or scope.decisions[key].agent == row[agent]
        if row[value] is not None and of_agent:
            text = row[value] if isinstance(row[value], str) else label(row[value])
            text = label(unlabel(text))  # 2.50 and 2.5 are one value
            yield key, Label(text, visible=None if visible is None else bool(row[visible]))


def _labels(name: str, found: Iterable[tuple[Key, Label]]) -> dict[Key, Label]:
    labels: dict[Key, Label] = {}
    for key, one in found:
        if labels.setdefault(key, one).value != one.value:
            raise UsageError(
                f"variable '{name}': decision {key[1]} of run {key[0]} has two values, "
                f"'{labels[key].value}' and '{one.value}'"
            )
    return labels


def _nowhere(scope: Scope, name: str, found: int) -> str:
    at = f"it has {found:,} values elsewhere" if found else "it has none at all"
    return (
        f"variable '{name}' has no value at the {len(scope.decisions):,} decisions in phase "
        f"{' or '.join(scope.phases)} that a model answered in study '{scope.study}'; {at}"
    )


def _task(name: str, spec: TruthSpec | None, labels: Mapping[Key, Label]) -> Task:
    values = {one.value: one.number for one in labels.values()}
    present = sorted(values, key=lambda value: (values[value] or 0.0, value))
    if len(present) < 2:
        raise UsageError(
            f"variable '{name}' is '{present[0]}' at all {len(labels):,} decisions: "
            "what never varies cannot be read"
        )
    numeric = None not in values.values()
    many = numeric and len(present) > NUMBER_VALUES
    if many if spec is None else spec.values is None:
        if not numeric:
            raise UsageError(f"variable '{name}' should be a number and is '{_first_text(labels)}' somewhere")
        return Task("number")
    classes = _ordered(spec, present)
    return Task("binary" if len(classes) == 2 else "classes", classes)


def _first_text(labels: Mapping[Key, Label]) -> str:
    return next(one.value for one in labels.values() if one.number is None)


def _ordered(spec: TruthSpec | None, present: Sequence[str]) -> tuple[str, ...]:
    """The values that occur, as declared or sorted, the positive one last where it is known."""
    declared = [label(value) for value in spec.values] if spec and spec.values else []
    known = [value for value in declared if value in present]
    ordered = [*known, *(value for value in present if value not in known)]
    if spec is not None and spec.positive is not None and label(spec.positive) in ordered:
        ordered.remove(label(spec.positive))
        ordered.append(label(spec.positive))
    return tuple(ordered)


_HIDDEN_NAMES = """
SELECT DISTINCT run, name FROM hidden WHERE run IN (SELECT id FROM run WHERE study = ?)
"""
_HIDDEN = """
SELECT run, seq, value, posterior, visible FROM hidden
WHERE run IN (SELECT id FROM run WHERE study = ?) AND name = ? ORDER BY run, seq
"""
_CLAIMING = "SELECT DISTINCT run FROM claim_act WHERE run IN (SELECT id FROM run WHERE study = ?)"
_CLAIMS = """
SELECT run, seq, subject, said, private, world FROM claim_act
WHERE run IN (SELECT id FROM run WHERE study = ?) ORDER BY run, seq, subject
"""
