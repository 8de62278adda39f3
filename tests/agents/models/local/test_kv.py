from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from agents.models.local.kv import BLOCK, SLACK, Ints, Kept, Match, Shelf, Slab, common_prefix

HEADS, WIDTH = 2, 3
ROW_BYTES = 2 * HEADS * 64 * WIDTH * 4
"""Of one layer's keys and values of a row with 64 columns."""


def ints(*ids: int) -> Ints:
    return np.array(ids, dtype=np.int64)


def talk(*parts: tuple[int, int]) -> Ints:
    """Tokens made of (token, how many)."""
    return np.concatenate([np.full(count, token, dtype=np.int64) for token, count in parts])


def tokens(count: int, first: float = 1.0) -> torch.Tensor:
    """Distinct keys or values of so many tokens, [1, heads, tokens, width]."""
    return torch.arange(first, first + count * HEADS * WIDTH).view(1, HEADS, count, WIDTH)


def filled(rows: int, columns: int = 8) -> Slab:
    slab = Slab(rows, columns)
    row = torch.arange(rows).repeat_interleave(columns)
    column = torch.arange(columns).repeat(rows)
    new = tokens(rows * columns)
    slab.write(0, new, -new, row=row, column=column)
    return slab


def kept(ids: Ints, slab: Slab | None = None, row: int = 0) -> Kept:
    return Kept(slab or filled(1), row, ids, asked=len(ids))


def test_what_is_written_stands_at_its_row_and_column() -> None:
    slab = Slab(2, 8)
    new = tokens(3)
    slab.write(0, new, -new, row=torch.tensor([1, 0, 1]), column=torch.tensor([4, 0, 5]))
    keys, values = slab.read(0, 6)
    assert keys.shape == (2, HEADS, 6, WIDTH)
    assert torch.equal(keys[[1, 0, 1], :, [4, 0, 5]], new[0].transpose(0, 1))
    assert torch.equal(values, -keys)


def test_columns_never_written_are_zero_and_not_what_memory_held() -> None:
    slab = Slab(2, 8)
    slab.write(0, tokens(1), tokens(1), row=torch.tensor([1]), column=torch.tensor([7]))
    keys, _ = slab.read(0, 8)
    assert keys[0].abs().sum() == 0
    assert keys[1, :, :7].abs().sum() == 0


def test_growing_keeps_what_was_there() -> None:
    slab = filled(2)
    before = slab.read(0, 8)[0].clone()
    size = slab.nbytes
    slab.reserve(1_000)
    assert slab.columns >= 1_250
    assert slab.nbytes > 10 * size
    assert torch.equal(slab.read(0, 8)[0], before)
    assert slab.read(0, 1_000)[0][:, :, 8:].abs().sum() == 0


def test_room_that_is_there_costs_no_copy() -> None:
    slab = filled(2)
    before = slab.read(0, 8)[0].data_ptr()
    slab.reserve(64)
    assert slab.read(0, 8)[0].data_ptr() == before


def test_rows_are_copied_one_to_many_and_leave_their_slab_as_it_was() -> None:
    source, slab = filled(3), Slab(4, 8)
    before = source.read(0, 8)[0].clone()
    slab.copy(source, rows=[3, 0], origins=[1, 1], columns=5)
    keys, values = slab.read(0, 8)
    for row in (3, 0):
        assert torch.equal(keys[row, :, :5], before[1, :, :5])
        assert torch.equal(values[row, :, :5], -before[1, :, :5])
        assert keys[row, :, 5:].abs().sum() == 0
    assert keys[1:3].abs().sum() == 0
    assert torch.equal(source.read(0, 8)[0], before)


@given(st.lists(st.integers(0, 2)), st.lists(st.integers(0, 2)))
def test_a_common_prefix_is_what_a_loop_counts(some: list[int], other: list[int]) -> None:
    counted = 0
    for one, two in zip(some, other, strict=False):
        if one != two:
            break
        counted += 1
    assert common_prefix(ints(*some), ints(*other)) == counted


def test_the_longest_beginning_is_found() -> None:
    shelf = Shelf(10**9)
    short, long = kept(talk((1, 40))), kept(talk((1, 40), (2, 20)))
    for one in (long, short, kept(talk((3, 90)))):
        shelf.keep(one)
    assert shelf.find(talk((1, 40), (2, 30))) == Match(long, 60)
    assert shelf.find(talk((1, 40), (2, 9), (5, 30))) == Match(long, 49)
    assert shelf.find(talk((1, 20), (5, 30))).length == 20
    assert shelf.find(talk((3, 90), (1, 1))).length == 90


def test_one_token_of_a_prompt_is_always_left_to_run() -> None:
    shelf = Shelf(10**9)
    shelf.keep(kept(talk((1, 40))))
    assert shelf.find(talk((1, 40))).length == 39
    assert shelf.find(talk((1, 30))).length == 29


def test_beginnings_shorter_than_a_block_are_not_found() -> None:
    shelf = Shelf(10**9)
    shelf.keep(kept(talk((1, BLOCK - 1), (2, 40))))
    assert shelf.find(talk((1, BLOCK - 1), (3, 40))) == Match()
    assert shelf.find(ints(1)) == Match()


def test_what_was_dropped_is_no_longer_found_and_others_still_are() -> None:
    shelf = Shelf(10**9)
    one, other = kept(talk((1, 64))), kept(talk((1, 32), (2, 32)))
    shelf.keep(one)
    shelf.keep(other)
    shelf.drop(one)
    shelf.drop(one)
    assert len(shelf) == 1
    assert shelf.find(talk((1, 64), (9, 1))) == Match(other, 32)
    shelf.drop(other)
    assert shelf.find(talk((1, 64), (9, 1))) == Match()
    assert shelf.nbytes == 0


@pytest.mark.parametrize(
    ("found", "goes_on"),
    [(100, True), (130, True), (100 - SLACK, True), (99 - SLACK, False), (20, False)],
)
def test_a_prompt_goes_on_where_the_last_one_ended_give_or_take_its_end(found: int, goes_on: bool) -> None:
    talked = Kept(filled(1), 0, talk((1, 130)), asked=100)
    assert Match(talked, found).continues is goes_on


def test_nothing_found_goes_on_nowhere() -> None:
    assert not Match().continues


def test_slabs_least_recently_used_make_room_first() -> None:
    shelf = Shelf(3 * ROW_BYTES)
    first, second, third = (kept(talk((token, 40))) for token in (1, 2, 3))
    for one in (first, second, third):
        shelf.keep(one)
    shelf.make_room()
    assert (len(shelf), shelf.nbytes) == (3, 3 * ROW_BYTES)
    shelf.touch(first.slab)
    shelf.make_room(ROW_BYTES)
    assert [bool(shelf.find(one.ids).kept) for one in (first, second, third)] == [True, False, True]
    assert shelf.evicted == 1
    shelf.make_room(10**9)
    assert (len(shelf), shelf.nbytes) == (0, 0)


def test_a_slab_is_counted_once_and_goes_as_a_whole() -> None:
    shelf, slab = Shelf(ROW_BYTES), filled(2)
    for row in (0, 1):
        shelf.keep(kept(talk((row + 1, 40)), slab, row))
    assert shelf.nbytes == 2 * ROW_BYTES
    shelf.make_room()
    assert len(shelf) == 0


def test_touching_a_slab_that_is_gone_brings_nothing_back() -> None:
    shelf = Shelf(0)
    one = kept(talk((1, 40)))
    shelf.keep(one)
    shelf.make_room()
    shelf.touch(one.slab)
    assert shelf.nbytes == 0


def conversations() -> Iterator[Ints]:
    for number in range(200):
        yield talk((1, 20 + number % 7), (number % 13, number % 40), (2, 5))


def test_many_conversations_are_found_as_a_search_of_all_finds_them() -> None:
    shelf, slab = Shelf(10**9), filled(1)
    held: list[Kept] = []
    for number, ids in enumerate(conversations()):
        known = max((common_prefix(ids, one.ids) for one in held), default=0)
        found = shelf.find(ids).length
        assert found <= min(known, len(ids) - 1)
        assert found >= min(known, len(ids) - 1) // BLOCK * BLOCK
        held.append(kept(ids, slab))
        shelf.keep(held[-1])
        if number % 3 == 0:
            shelf.drop(held.pop(0))
