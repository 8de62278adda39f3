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
    swaps, suspects, restored = _take_swaps(walk.suspects)
    gaps = [_gap(each) for each in suspects if each.follows_gap]
    altered = [_alteration(each.row) for each in suspects if not each.follows_gap]
    inside = sorted((*swaps, *gaps, *altered), key=lambda each: each.seq or 0)
    whole_end = noted_head in walk.last or noted_head in restored
    return inside + _end(walk.rows, noted_rows, whole_end=whole_end, gaps=bool(gaps))


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


def _take_swaps(suspects: list[_Suspect]) -> tuple[list[Break], list[_Suspect], set[str]]:
    """Pairs of rows that follow once they change places, the suspects left, and the hashes so restored."""
    swaps: list[Break] = []
    restored: set[str] = set()
    rest = list(suspects)
    pairs = combinations(suspects, 2) if len(suspects) <= _SUSPECTS_MAX else ()
    for first, second in pairs:
        if first in rest and second in rest and (hashes := _restored(first, second)):
            restored.update(hashes)
            swaps.append(_swap(first.row, second.row))
            rest = [each for each in rest if each not in (first, second) and not _follows(each.row, hashes)]
    return swaps, rest, restored


def _swap(a: ChainRow, b: ChainRow) -> Break:
    return Break(a.table, a.seq, f"rows {a.seq} and {b.seq} were swapped (now {a.table} and {b.table})")


def _alteration(row: ChainRow) -> Break:
    return Break(row.table, row.seq, f"{row.table} row {row.seq} was altered")


def _gap(suspect: _Suspect) -> Break:
    row, first, last = suspect.row, suspect.before_seq + 1, suspect.row.seq - 1
    which = f"row {first} is" if first == last else f"rows {first} to {last} are"
    return Break(row.table, first, f"{which} missing before {row.table} row {row.seq}")


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


def _end(rows: int, noted: int, *, whole_end: bool, gaps: bool) -> list[Break]:
    """What is wrong with a run's end, given the rows found and noted and whether rows are missing inside."""
    if rows > noted:
        message = f"{rows - noted} row(s) more than the {noted} that the run notes"
    elif whole_end:
        if rows == noted or gaps:
            return []
        message = f"{rows} rows are there, the run notes {noted}"
    elif rows == noted:
        message = "the run notes another last row"
    elif gaps:
        message = f"rows at the end are missing: {rows} of {noted} are there"
    else:
        message = f"the last {noted - rows} of {noted} row(s) are missing"
    return [Break("run", None, message)]
