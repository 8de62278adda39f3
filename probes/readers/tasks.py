"""What is read: a variable of two values, of several, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lab.core.canonical import label
from lab.core.errors import UnknownName, UsageError

Kind = Literal["binary", "classes", "number"]

METRICS = {"binary": "auroc", "classes": "accuracy", "number": "r2"}
"""The metric that claims are made by. Everything else that is measured is printed beside it."""


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of reading and the values it tells apart.

    Attributes:
        kind: ``binary``, ``classes`` or ``number``.
        classes: the values as labels, in the order of their codes; for ``binary`` negative, positive.
    """

    kind: Kind
    classes: tuple[str, ...] = ()

    @property
    def metric(self) -> str:
        """``auroc``, ``accuracy`` or ``r2``."""
        return METRICS[self.kind]

    def encode(self, values: Sequence[Any]) -> NDArray[np.float64]:
        """The values as numbers [n]: 0 and 1, codes of classes, or themselves.

        Raises:
            UnknownName: for a value that is none of the classes.
            UsageError: for a value that is no number, where numbers are read.
        """
        if self.kind == "number":
            return np.array([_number(value) for value in values], dtype=float)
        codes = {name: code for code, name in enumerate(self.classes)}
        names = [label(value) for value in values]
        for name in names:
            if name not in codes:
                raise UnknownName("value", name, self.classes)
        return np.array([codes[name] for name in names], dtype=float)

    def decode(self, code: float) -> str:
        """The label of a code; of a number, the number."""
        return label(float(code)) if self.kind == "number" else self.classes[int(code)]


def task_of(values: Sequence[Any], *, kind: Kind | None = None, positive: Any = None) -> Task:
    """The task that `values` pose: two values are binary, more numbers a number, all else classes.

    Args:
        values: the labels of the decisions.
        kind: the kind where it is known; two classes are binary whatever it says.
        positive: the positive one of two values; by default the last in order: true, 1, the greater number.

    Raises:
        UsageError: when all values are equal, or not two where a binary task was asked for.
        UnknownName: when `positive` is no value.
    """
    distinct = sorted({label(value): value for value in values}.items(), key=_rank)
    names = [name for name, _ in distinct]
    if len(names) < 2:
        only = f"always {names[0]}" if names else "missing everywhere"
        raise UsageError(f"nothing to read: the variable is {only} in these {len(values)} decisions")
    numeric = all(isinstance(value, int | float) and not isinstance(value, bool) for _, value in distinct)
    found: Kind = "binary" if len(names) == 2 else "number" if numeric else "classes"
    kind = found if kind is None or (kind == "classes" and found == "binary") else kind
    if kind != "binary":
        return Task(kind, tuple(names) if kind == "classes" else ())
    if len(names) != 2:
        raise UsageError(f"a binary task needs two values, not {len(names)}: {', '.join(names[:8])}")
    if positive is None:
        return Task("binary", tuple(names))
    if label(positive) not in names:
        raise UnknownName("value", label(positive), names)
    return Task("binary", tuple(sorted(names, key=lambda name: name == label(positive))))


def _rank(item: tuple[str, Any]) -> tuple[int, float, str]:
    """Numbers and truths by size, then texts by letter."""
    name, value = item
    return (0, float(value), name) if isinstance(value, int | float) else (1, 0.0, name)


def _number(value: Any) -> float:
    if isinstance(value, int | float) and np.isfinite(value):
        return float(value)
    raise UsageError(f"a number is read here, and {label(value)!r} is none")
