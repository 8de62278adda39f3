"""What objects and the words around them agree on."""

from __future__ import annotations

import pytest

from agents.parsing.agreed import agreed_answer
from agents.parsing.objects import Reading
from agents.parsing.prose import TAKEN_BACK, TWO_ANSWERS
from agents.parsing.scan import scan_objects
from lab.core.spaces import Choice

MOVE = Choice("call", "fold")
CALL, FOLD = '{"answer": "call"}', '{"answer": "fold"}'


def agreed(text: str) -> Reading | str | None:
    return agreed_answer(text, scan_objects(text).objects, MOVE)


@pytest.mark.parametrize(
    "text",
    [CALL, f"{CALL}\n{CALL}", f'{{"answer": "raise"}}\n{CALL}', f"I fold often.\n{CALL}", f"I call.\n{CALL}"],
)
def test_the_first_legal_answer_counts_where_nothing_speaks_against_it(text: str) -> None:
    answer = agreed(text)
    assert isinstance(answer, Reading)
    assert answer.value == "call"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"{CALL}\n{FOLD}", TWO_ANSWERS),
        (f'{CALL}\n{{"answer": "raise"}}', TWO_ANSWERS),
        (f"I fold.\n{CALL}", TWO_ANSWERS),
        (f"Bob said: {FOLD}\n{CALL}", TWO_ANSWERS),
        ('{"answer": "call", "reason": "I fold."}', TWO_ANSWERS),
        (f"{CALL} or not", TAKEN_BACK),
        (f"{CALL}\nWait.", TAKEN_BACK),
        ('{"answer": "call", "note": "just kidding"}', TAKEN_BACK),
        (f"Bob said: {CALL}", "it is not clear that the JSON object in the reply is the answer"),
        ('{"answer": "raise"}', '"raise" is not one of call, fold'),
    ],
)
def test_what_speaks_against_it_is_said(text: str, problem: str) -> None:
    assert agreed(text) == problem


def test_objects_that_do_not_try_to_answer_say_nothing() -> None:
    assert agreed('{"mood": "good"}') is None
