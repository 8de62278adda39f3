from __future__ import annotations

import numpy as np
import pytest
import torch

from agents.models.local.kv import Ints, Kept, Slab
from agents.models.local.seats import SHARED, Seating, shared_beginnings

MUCH = 10**9
RULES = tuple(range(100, 160))


def prompt(*tokens: int, rules: int = 60) -> Ints:
    """Some rules, then tokens of one's own."""
    return np.array((*RULES[:rules], *tokens), dtype=np.int64)


def seated(seating: Seating, *prompts: Ints, said: int = 0) -> Slab:
    """Prompts run as a batch would run them, each with `said` tokens of reply; the slab they stand in."""
    seats = seating.seat(prompts)
    for row, cached, ids in zip(seats.rows, seats.cached, prompts, strict=True):
        new = torch.tensor(ids[cached:]).float().view(1, 1, -1, 1)
        column = torch.arange(cached, len(ids))
        seats.slab.write(0, new, -new, row=torch.full_like(column, row), column=column)
    held = [np.concatenate([ids, np.full(said, 7)]) for ids in prompts]
    seating.keep(
        seats.slab,
        [
            Kept(seats.slab, row, ids, asked=len(ids) - said)
            for row, ids in zip(seats.rows, held, strict=True)
        ],
    )
    return seats.slab


def content(slab: Slab, row: int, columns: int) -> list[float]:
    found: list[float] = slab.read(0, columns)[0][row, 0, :, 0].tolist()
    return found


def test_new_prompts_get_rows_of_a_new_slab() -> None:
    seats = Seating(MUCH).seat([prompt(1), prompt(2, 3)])
    assert (seats.rows, seats.cached, seats.is_kept) == ([0, 1], [0, 0], False)
    assert seats.slab.columns >= 62


def test_conversations_that_go_on_together_stay_where_they_are_in_any_order() -> None:
    seating = Seating(MUCH)
    slab = seated(seating, prompt(1), prompt(2), prompt(3))
    seats = seating.seat([prompt(3, 8, 8), prompt(1, 9)])
    assert seats.slab is slab
    assert (seats.rows, seats.cached, seats.is_kept) == ([2, 0], [61, 61], True)


def test_few_of_many_move_to_a_slab_of_their_own() -> None:
    seating = Seating(MUCH)
    slab = seated(seating, *[prompt(token) for token in range(5)])
    seats = seating.seat([prompt(4, 8), prompt(2, 9)])
    assert seats.slab is not slab
    assert (seats.slab.rows, seats.cached, seats.is_kept) == (2, [61, 61], False)
    assert content(seats.slab, 0, 61) == [*RULES, 4]
    assert content(seats.slab, 1, 61) == [*RULES, 2]
    assert len(seating.shelf) == 3


def test_a_newcomer_makes_all_move_and_brings_what_it_shares() -> None:
    seating = Seating(MUCH)
    seated(seating, prompt(1), prompt(2))
    seats = seating.seat([prompt(1, 8), prompt(5, 5, 5), prompt(2, 9)])
    assert (seats.rows, seats.cached, seats.is_kept) == ([0, 1, 2], [61, 60, 61], False)
    assert content(seats.slab, 1, 60) == [*RULES]


def test_a_conversation_asked_twice_at_once_is_copied_and_kept() -> None:
    seating = Seating(MUCH)
    slab = seated(seating, prompt(1))
    seats = seating.seat([prompt(1, 8), prompt(1, 9)])
    assert (seats.cached, seats.is_kept) == ([61, 61], False)
    assert seating.shelf.find(prompt(1, 7)).kept is not None
    assert content(slab, 0, 61) == [*RULES, 1]


def test_a_sibling_does_not_replace_a_conversation_whose_rules_it_shares() -> None:
    seating = Seating(MUCH)
    slab = seated(seating, prompt(*range(40)))
    seats = seating.seat([prompt(*range(50, 90))])
    assert (seats.cached, seats.is_kept) == ([60], False)
    assert content(slab, 0, 100) == [*RULES, *range(40)]
    assert seating.shelf.find(prompt(*range(40), 9)).length == 100


def test_a_reply_that_comes_back_shortened_goes_on_in_place() -> None:
    seating = Seating(MUCH)
    slab = seated(seating, prompt(1), said=50)
    seats = seating.seat([prompt(1, 7, 7, 2)])
    assert (seats.slab, seats.cached, seats.is_kept) == (slab, [63], True)


def test_what_does_not_fit_the_budget_is_not_kept() -> None:
    seating = Seating(100)
    seated(seating, prompt(1), prompt(2))
    assert len(seating.shelf) == 0
    assert seating.seat([prompt(1, 2)]).cached == [0]


def test_rows_evicted_for_the_new_slab_are_copied_first() -> None:
    row_bytes = 2 * 4 * 192
    seating, talks = Seating(3 * row_bytes), [prompt(*[token] * 9) for token in (1, 2, 3)]
    for ids in talks:
        seated(seating, ids)
    assert (len(seating.shelf), seating.shelf.nbytes) == (3, 3 * row_bytes)
    seats = seating.seat([np.append(talks[2], 5), np.append(talks[0], 5)])
    assert len(seating.shelf) == 0
    assert seats.cached == [69, 69]
    assert content(seats.slab, 1, 69) == [*RULES, *[1] * 9]


def test_teams_are_prompts_of_one_slab_and_the_rest_comes_last() -> None:
    seating, talks = Seating(MUCH), [prompt(*[token] * 9) for token in range(8)]
    seated(seating, *talks[:2])
    seated(seating, *talks[2:6])
    on = [np.append(ids, 5) for ids in talks]
    assert seating.teams([on[0], on[2], talks[6], on[1], on[3], talks[7]]) == [[0, 3], [1, 4], [2, 5]]
    assert seating.teams([on[2], talks[6]]) == [[0, 1]]


@pytest.mark.parametrize(
    ("ends", "known", "expected"),
    [
        ([(1,), (2,)], [0, 0], [60]),
        ([(1,), (2,)], [60, 60], []),
        ([(1,), (2,)], [0, 60], []),
        ([(1,), (2,), (3,)], [0, 60, 0], [60]),
        ([(1,)], [0], []),
        ([(), ()], [0, 0], [59]),
        ([(1,) * 50, (1,) * 45 + (2,), (3,)], [0, 0, 0], [60, 105]),
        ([(1,) * 20 + (2,), (1,) * 20 + (3,), (4,)], [0, 0, 0], [60]),
    ],
    ids=["two", "kept", "one left", "two left", "alone", "the same", "nested", "too little more"],
)
def test_what_several_prompts_start_with_is_worth_encoding_once(
    ends: list[tuple[int, ...]], known: list[int], expected: list[int]
) -> None:
    prompts = [prompt(*end) for end in ends]
    found = [*shared_beginnings(prompts, known)]
    assert [len(one) for one in found] == expected
    assert all(one.tolist() == prompts[0][: len(one)].tolist() for one in found)


def test_short_beginnings_are_not_shared() -> None:
    assert [
        *shared_beginnings([prompt(1, 1, rules=SHARED - 1), prompt(2, 2, rules=SHARED - 1)], [0, 0])
    ] == []
