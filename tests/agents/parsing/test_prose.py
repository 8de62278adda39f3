"""The one answer that sentences state."""

from __future__ import annotations

import pytest

from agents.parsing.prose import MAX_CHARS, TAKEN_BACK, TWO_ANSWERS, Statement, stated_answer, statements
from lab.core.spaces import Choice, Quantity

MOVE = Choice("call", "fold")
GIVE = Quantity("contribute", 0, 20, "points")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("FOLD", "fold"),
        ("Fold. The stake is too high.", "fold"),
        ("It is a bluff.\n\ncall", "call"),
        ("I will not fold. I call.", "call"),
        ("I fold because I don't believe a call pays.", "fold"),
        ("Let me see.\n<answer>call</answer>", "call"),
        ("```\nfold\n```", "fold"),
    ],
)
def test_a_clear_answer_is_found_where_it_stands(text: str, value: str) -> None:
    stated = stated_answer(text, MOVE)
    assert isinstance(stated, Statement)
    assert (stated.value, text[stated.start : stated.end].casefold()) == (value, value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("I call. I fold.", TWO_ANSWERS),
        ("call\nfold\ncall it a day", "the reply states no clear answer"),
        ("I call. Just kidding.", TAKEN_BACK),
        ("I call... or do I?", TAKEN_BACK),
        ("I call. However, it feels wrong.", TAKEN_BACK),
        ("I call. Fold is wiser.", "the reply names another answer after its own"),
        ("I call?", "the reply states no clear answer"),
        ("I call if he does.", "the reply states no clear answer"),
        ("I call it a day.", "the reply states no clear answer"),
        ("Bob wrote:\nI call", "the reply states no clear answer"),
        ("What does he expect?\ncall", "the reply states no clear answer"),
        ("I call. " * MAX_CHARS, "the reply is no JSON object, and too long to look for an answer in it"),
    ],
)
def test_what_is_not_clear_says_why(text: str, problem: str) -> None:
    assert stated_answer(text, MOVE) == problem


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("I contribute 8 of my 20 points.", 8),
        ("I contribute 8 and keep 12.", 8),
        ("Others gave 5 and 7. I contribute 8.", 8),
        ("I contribute 25.", 25),
    ],
)
def test_an_amount_may_stand_beside_what_it_is_part_of(text: str, amount: int) -> None:
    stated = stated_answer(text, GIVE)
    assert isinstance(stated, Statement)
    assert stated.value == amount


@pytest.mark.parametrize(
    "text", ["1. I think", "8 or 10", "I contribute 8 to 10.", "I contribute 8. Make it ten.", "8 %"]
)
def test_amounts_that_compete_are_no_answer(text: str) -> None:
    assert isinstance(stated_answer(text, GIVE), str)


def test_statements_of_a_text_that_is_too_long_are_not_looked_for() -> None:
    assert statements("I call. " * MAX_CHARS, MOVE) == []
