"""Where two runs part: the first row that differs, the first decision that differs, and their settings.

Each row's hash covers all rows before it, so the place is found by bisection, however long the runs are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, NamedTuple

from db.reading import RunInfo, get_run, text_of
from db.records import Shown, decisions
from db.store import Store
from lab.analysis.rows import rows
from lab.analysis.transcript import DecisionLine, Line, read_lines
from lab.core.canonical import canonical, parse

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Side:
    """One of two decisions that differ.

    Attributes:
        line: the decision with what its agent saw.
        prompts: the requests of its model calls, JSON; empty for a policy without a model.
    """

    line: DecisionLine
    prompts: tuple[str, ...]


class DecisionPair(NamedTuple):
    """Two decisions at the same place of two runs; None where a run had ended."""

    first: Side | None
    second: Side | None


class LinePair(NamedTuple):
    """Two rows at the same place of two runs; None where a run had ended."""

    first: Line | None
    second: Line | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two runs part.

    Attributes:
        runs: both ids.
        settings: what differs between their scenarios and seeds, as ``path: first → second``.
        seq: place of the first row that differs.
        rows: that row on both sides.
        decisions: the first decision that differs; None when all are the same.
    """

    runs: tuple[str, str]
    settings: tuple[str, ...]
    seq: int
    rows: LinePair
    decisions: DecisionPair | None


def first_difference(store: Store, run_a: str, run_b: str) -> Difference | None:
    """Where two runs part; None when they behaved the same from end to end.

    Raises:
        UnknownName: when there is no such run.
    """
    first, second = get_run(store, run_a), get_run(store, run_b)
    if first.head == second.head:
        return None
    seq = _parting(store, first.id, second.id)
    return Difference(
        runs=(first.id, second.id),
        settings=_settings(store, first, second),
        seq=seq,
        rows=LinePair(_line(store, first.id, seq), _line(store, second.id, seq)),
        decisions=_decisions(store, first.id, second.id, seq),
    )


def setting_differences(store: Store, run_a: str, run_b: str) -> tuple[str, ...]:
    """What differs between the scenarios and seeds of two runs, as ``path: first → second``."""
    return _settings(store, get_run(store, run_a), get_run(store, run_b))


def _parting(store: Store, first: str, second: str) -> int:
    """The first seq at which the chains differ; the caller knows that they do."""
    low, high = 1, max(_end(store, first), _end(store, second))
    while low < high:
        middle = (low + high) // 2
        if _head(store, first, middle) == _head(store, second, middle):
            low = middle + 1
        else:
            high = middle
    return low


_HEAD = """
SELECT seq, hash FROM (
  SELECT * FROM (SELECT seq, hash FROM decision WHERE run = ? AND seq <= ? ORDER BY seq DESC LIMIT 1) AS d
  UNION ALL
  SELECT * FROM (SELECT seq, hash FROM event WHERE run = ? AND seq <= ? ORDER BY seq DESC LIMIT 1) AS e
  UNION ALL
  SELECT * FROM (SELECT seq, hash FROM exposure WHERE run = ? AND seq <= ? ORDER BY seq DESC LIMIT 1) AS x
) AS ends ORDER BY seq DESC LIMIT 1"""
_LAST = 2**62


def _head(store: Store, run: str, seq: int) -> str | None:
    """The hash of the last row up to `seq`; None before the first."""
    return next((row["hash"] for row in rows(store, _HEAD, *[run, seq] * 3)), None)


def _end(store: Store, run: str) -> int:
    return next((row["seq"] for row in rows(store, _HEAD, *[run, _LAST] * 3)), 0)


def _line(store: Store, run: str, seq: int) -> Line | None:
    return next(iter(read_lines(store, run, after=seq - 1, until=seq)), None)


def _decisions(store: Store, first: str, second: str, seq: int) -> DecisionPair | None:
    """The first decisions from `seq` on that differ in more than their number."""
    both = zip_longest(decisions(store, first, after=seq - 1), decisions(store, second, after=seq - 1))
    for one, other in both:
        if one is None or other is None or _content(one) != _content(other):
            return DecisionPair(_side(store, first, one), _side(store, second, other))
    return None


def _content(shown: Shown) -> Shown:
    return shown._replace(decision=shown.decision._replace(seq=0))


def _side(store: Store, run: str, shown: Shown | None) -> Side | None:
    if shown is None:
        return None
    seq = shown.decision.seq
    line = _line(store, run, seq)
    assert isinstance(line, DecisionLine), "the row was just read as a decision"
    asked = (
        "SELECT t.text FROM model_call c JOIN text t ON t.hash = c.request "
        "WHERE c.run = ? AND c.seq = ? ORDER BY c.call, c.attempt, c.try"
    )
    return Side(line, tuple(row["text"] for row in rows(store, asked, run, seq)))


def _settings(store: Store, first: RunInfo, second: RunInfo) -> tuple[str, ...]:
    sides = [
        parse(text_of(store, info.scenario)) | {"seed": info.seed, "fork": parse(info.fork or "null")}
        for info in (first, second)
    ]
    return tuple(_changes(*sides))


def _changes(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Each leaf that differs; entries of a list go by their names where they have some."""
    if isinstance(one, list) and isinstance(other, list):
        one, other = _by_name(one), _by_name(other)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in sorted({*one, *other}, key=str):
            inner = f"{path}.{key}" if path else str(key)
            yield from _changes(one.get(key, _ABSENT), other.get(key, _ABSENT), inner)
    elif one != other:
        yield f"{path}: {_shown(one)} → {_shown(other)}"


def _by_name(items: list[Any]) -> dict[Any, Any]:
    named = all(isinstance(item, Mapping) and "name" in item for item in items)
    return {item["name"] if named else index: item for index, item in enumerate(items)}


def _shown(value: Any) -> str:
    return "(absent)" if value is _ABSENT else canonical(value)
