from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.chains import Break, ChainRow, find_breaks
from lab.core.chain import GENESIS, link

LENGTH = 8
TABLES = ("decision", "event", "exposure")


def chain(length: int = LENGTH, start: int = 1) -> list[ChainRow]:
    rows, head = [], GENESIS
    for seq in range(start, start + length):
        table, columns = TABLES[seq % 3], (seq, seq // 3, f"agent-{seq}", seq * 0.5)
        head = link(head, table, columns)
        rows.append(ChainRow(table, columns, head))
    return rows


def breaks(rows: list[ChainRow], whole: list[ChainRow] | None = None) -> list[Break]:
    whole = whole or chain()
    return find_breaks(rows, noted_rows=len(whole), noted_head=whole[-1].hash)


def altered(row: ChainRow) -> ChainRow:
    return row._replace(columns=(*row.columns[:-1], 99.0))


def with_another_hash(row: ChainRow) -> ChainRow:
    return row._replace(hash="0" * 32)


def test_a_whole_chain_has_no_break() -> None:
    assert breaks(chain()) == []
    assert find_breaks([], noted_rows=0, noted_head=GENESIS) == []


@pytest.mark.parametrize("change", [altered, with_another_hash])
@pytest.mark.parametrize("index", range(LENGTH))
def test_an_altered_row_is_named_alone(index: int, change: Callable[[ChainRow], ChainRow]) -> None:
    rows = chain()
    rows[index] = change(rows[index])
    table, seq = rows[index].table, rows[index].seq
    assert breaks(rows) == [Break(table, seq, f"{table} row {seq} was altered")]


@given(st.sets(st.integers(0, LENGTH - 1), min_size=1))
def test_every_altered_row_is_named(which: set[int]) -> None:
    rows = [altered(row) if index in which else row for index, row in enumerate(chain())]
    assert [each.seq for each in breaks(rows)] == [index + 1 for index in sorted(which)]


@pytest.mark.parametrize("hashes_move", [True, False])
@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 7), (2, 3), (2, 6), (6, 7)])
def test_a_swapped_pair_is_named_as_a_pair(first: int, second: int, hashes_move: bool) -> None:
    rows = chain()
    a, b = rows[first], rows[second]
    rows[first], rows[second] = b.at(a.seq), a.at(b.seq)
    if not hashes_move:
        rows[first], rows[second] = rows[first]._replace(hash=a.hash), rows[second]._replace(hash=b.hash)
    (found,) = breaks(rows)
    assert found.message.startswith(f"rows {a.seq} and {b.seq} were swapped")
    assert (found.table, found.seq) == (b.table, a.seq)


@pytest.mark.parametrize("index", range(LENGTH - 1))
def test_a_missing_row_inside_is_named(index: int) -> None:
    rows = chain()
    gone, after = rows.pop(index), rows[index]
    message = f"row {gone.seq} is missing before {after.table} row {after.seq}"
    assert breaks(rows) == [Break(after.table, gone.seq, message)]


def test_several_missing_rows_are_named_together() -> None:
    rows = chain()
    del rows[2:5]
    assert [each.message for each in breaks(rows)] == ["rows 3 to 5 are missing before decision row 6"]


@pytest.mark.parametrize("count", [1, 3, LENGTH])
def test_missing_last_rows_are_counted(count: int) -> None:
    message = f"the last {count} of {LENGTH} row(s) are missing"
    assert breaks(chain()[:-count]) == [Break("run", None, message)]


def test_a_missing_row_inside_and_a_missing_end_are_both_named() -> None:
    rows = chain()[:-2]
    del rows[1]
    assert [each.message for each in breaks(rows)] == [
        "row 2 is missing before decision row 3",
        "rows at the end are missing: 5 of 8 are there",
    ]


def test_a_row_put_behind_the_end_is_found() -> None:
    whole = chain()
    assert [each.message for each in breaks(chain(LENGTH + 1), whole)] == [
        f"1 row(s) more than the {LENGTH} that the run notes"
    ]


def test_another_noted_head_is_found() -> None:
    whole = chain()
    found = find_breaks(whole, noted_rows=LENGTH, noted_head="0" * 32)
    assert [each.message for each in found] == ["the run notes another last row"]


def test_a_number_that_was_never_used_is_no_missing_row() -> None:
    rows = [*chain(3)]
    columns = (9, 3, "agent", 1.0)
    rows.append(ChainRow("event", columns, link(rows[-1].hash, "event", columns)))
    assert breaks(rows, rows) == []
