"""What is wrong with a run's chain: which row was altered, which two were swapped, where rows are missing.

A row that does not follow from the one before is a suspect. The rows after it tell what happened: they follow
either from the hash it carries (its columns were altered) or from the hash it should carry (the hash was).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

from lab.core.chain import GENESIS, link

_SUSPECTS_MAX = 64
"""Most suspects that are compared in pairs; beyond it every row is named by itself."""


class ChainRow(NamedTuple):
    """A chained row: its table, its columns but run and hash (`seq` is the first), and its hash."""

    table: str
    columns: tuple[Any, ...]
    hash: str

    @property
    def seq(self) -> int:
        """The row's place in its run."""
        return int(self.columns[0])

    def at(self, seq: int) -> ChainRow:
        """The same row at another place."""
        return self._replace(columns=(seq, *self.columns[1:]))


class Break(NamedTuple):
    """One thing wrong with a chain: at a row of a table, or at the run's end."""

    table: str
    seq: int | None
    message: str


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A row that does not follow: `before` holds the hashes the row before carries and should carry."""

    row: ChainRow
    before: tuple[str, ...]
    before_seq: int

    @property
    def follows_gap(self) -> bool:
        return self.row.seq > self.before_seq + 1


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walked chain: its suspects, its length, and the hashes its last row carries and should carry."""

    suspects: list[_Suspect]
    rows: int
    last: tuple[str, ...]


def find_breaks(rows: Iterable[ChainRow], *, noted_rows: int, noted_head: str) -> list[Break]:
    """Everything wrong with one run's chain, in order.

    Args:
        rows: the run's rows by seq; read once, never held.
        noted_rows: the number of rows that the run's own row notes.
        noted_head: the hash that it notes for the last of them.
    """
    walk = _walk(rows)
    breaks = _swaps_and_alterations(walk.suspects)
    missing_inside = any("missing" in each.message for each in breaks)
    return breaks + _end(walk, noted_rows, noted_head, missing_inside)


def _walk(rows: Iterable[ChainRow]) -> _Walk:
    suspects: list[_Suspect] = []
    before: tuple[str, ...] = (GENESIS,)
    before_seq, count = 0, 0
    for row in rows:
        count += 1
        if not _follows(row, before):
            suspects.append(_Suspect(row, before, before_seq))
            before = (row.hash, link(before[0], row.table, row.columns))
        else:
            before = (row.hash,)
        before_seq = row.seq
    return _Walk(suspects, count, before)


def _follows(row: ChainRow, before: Sequence[str]) -> bool:
    return any(link(each, row.table, row.columns) == row.hash for each in before)


def _swaps_and_alterations(suspects: list[_Suspect]) -> list[Break]:
    breaks: list[Break] = []
    if len(suspects) <= _SUSPECTS_MAX:
        breaks, suspects = _take_swaps(suspects)
    for suspect in suspects:
        row = suspect.row
        if suspect.follows_gap:
            breaks.append(Break(row.table, suspect.before_seq + 1, _missing_words(suspect)))
        else:
            breaks.append(Break(row.table, row.seq, f"{row.table} row {row.seq} was altered"))
    return sorted(breaks, key=lambda each: each.seq or 0)


def _missing_words(suspect: _Suspect) -> str:
    first, last = suspect.before_seq + 1, suspect.row.seq - 1
    which = f"row {first} is" if first == last else f"rows {first} to {last} are"
    return f"{which} missing before {suspect.row.table} row {suspect.row.seq}"


def _take_swaps(suspects: list[_Suspect]) -> tuple[list[Break], list[_Suspect]]:
    """Pairs of rows that follow once they change places, and the suspects that this leaves unexplained."""
    breaks: list[Break] = []
    rest = list(suspects)
    for first, second in combinations(suspects, 2):
        if first not in rest or second not in rest:
            continue
        restored = _restored(first, second)
        if restored:
            a, b = first.row, second.row
            message = f"rows {a.seq} and {b.seq} were swapped (now {a.table} and {b.table})"
            breaks.append(Break(a.table, a.seq, message))
            rest = [each for each in rest if each not in (first, second) and not _follows(each.row, restored)]
    return breaks, rest


def _restored(first: _Suspect, second: _Suspect) -> tuple[str, ...]:
    """The hashes both places carry when their rows change places again; empty when that mends nothing."""
    hashes = {first.row.hash, second.row.hash}
    there, here = second.row.at(first.row.seq), first.row.at(second.row.seq)
    for before in first.before:
        head = link(before, there.table, there.columns)
        if head not in hashes:
            continue
        adjacent = second.before_seq == first.row.seq
        for middle in (head,) if adjacent else second.before:
            tail = link(middle, here.table, here.columns)
            if tail in hashes:
                return head, tail
    return ()


def _end(walk: _Walk, noted_rows: int, noted_head: str, missing_inside: bool) -> list[Break]:
    if walk.rows > noted_rows:
        extra = walk.rows - noted_rows
        return [Break("run", None, f"{extra} row(s) more than the {noted_rows} that the run notes")]
    if noted_head not in walk.last:
        lost = noted_rows - walk.rows
        if lost and not missing_inside:
            return [Break("run", None, f"the last {lost} of {noted_rows} row(s) are missing")]
        if lost > 1:
            return [Break("run", None, f"rows at the end are missing: {walk.rows} of {noted_rows} are there")]
        return [Break("run", None, "the run notes another last row")]
    if walk.rows < noted_rows and not missing_inside:
        return [Break("run", None, f"{walk.rows} rows are there, the run notes {noted_rows}")]
    return []
