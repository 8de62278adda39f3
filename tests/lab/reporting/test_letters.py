from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from lab.reporting.letters import legible


@given(st.text())
def test_no_letter_is_left_that_is_not_seen(text: str) -> None:
    shown = legible(text)
    assert len(shown) == len(text)
    assert not {letter for letter in shown if unicodedata.category(letter)[0] == "C"} - {"\n", "\t"}


def test_text_that_pretends_to_be_another_is_given_away() -> None:
    assert legible("safe\u202egpj.exe") == "safe\ufffdgpj.exe"
    assert legible("two\nlines\tand 漢字 é") == "two\nlines\tand 漢字 é"
