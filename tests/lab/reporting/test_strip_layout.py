from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lab.reporting.strip_layout import laid_out, visible

COLUMNS = 10


@given(st.lists(st.text(max_size=25), max_size=30))
def test_pieces_fill_rows_in_order_without_overlap(texts: list[str]) -> None:
    pieces = list(laid_out(texts, columns=COLUMNS))
    for piece, after in pairwise(pieces):
        assert (piece.row, piece.end) <= (after.row, after.start) or after.row > piece.row
    assert all(0 <= piece.start <= piece.end <= COLUMNS for piece in pieces)
    assert [index for index, _ in enumerate(texts)] == [piece.token for piece in pieces if piece.first]


@given(st.lists(st.text(max_size=25), max_size=10))
def test_nothing_of_a_token_is_lost(texts: list[str]) -> None:
    pieces = list(laid_out(texts, columns=COLUMNS))
    for token, text in enumerate(texts):
        assert "".join(piece.text for piece in pieces if piece.token == token) == visible(text)


def test_a_token_that_does_not_fit_begins_a_row() -> None:
    assert [(piece.row, piece.text) for piece in laid_out(["12345678", "abcd"], columns=COLUMNS)] == [
        (0, "12345678"),
        (1, "abcd"),
    ]


def test_a_line_break_ends_its_row_and_is_seen() -> None:
    assert [(piece.row, piece.text) for piece in laid_out(["a\nb", "c"], columns=COLUMNS)] == [
        (0, "a↵"),
        (1, "b"),
        (1, "c"),
    ]


def test_letters_that_would_change_their_surroundings_are_made_visible() -> None:
    assert visible("a\u202eb\u200bc\x00d") == "a\ufffdb\ufffdc\ufffdd"
    assert visible(" x\t") == "\u00a0x⇥"
    assert visible("") == "∅"


def test_wide_letters_take_two_columns() -> None:
    (piece,) = laid_out(["漢字e\u0301"], columns=COLUMNS)
    assert piece.end == 5
