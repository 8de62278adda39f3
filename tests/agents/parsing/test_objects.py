"""The answer an object gives."""

from __future__ import annotations

from typing import Any

import pytest

from agents.parsing.objects import Reading, answers
from agents.parsing.scan import scan_objects
from lab.core.spaces import Choice, Form, Message, Quantity, Space

MOVE = Choice("cooperate", "defect", "none")
GIVE = Quantity("contribute", 0, 20, "points")
SAY = Message("say", 40)
PUNISH = Form("punish", {"bob": Quantity("bob", 0, 5), "ann": Quantity("ann", 0, 5)})
NESTED = Form("turn", {"punish": PUNISH, "note": SAY})
TWINS = Form("twins", {"Bob": MOVE, "bob": MOVE})


def read(text: str, space: Space) -> list[Reading | str]:
    (node,) = scan_objects(text).objects
    return list(answers(node, space))


@pytest.mark.parametrize(
    ("text", "space", "value", "exact"),
    [
        ('{"answer": "defect"}', MOVE, "defect", True),
        ('{"answer": "Defect"}', MOVE, "defect", False),
        ('{"Answer": "defect"}', MOVE, "defect", False),
        ('{"choice": "defect"}', MOVE, "defect", False),
        ('{"answer": "defect", "reasoning": "x"}', MOVE, "defect", False),
        ('{"answer": "8 points"}', GIVE, 8, False),
        ('{"answer": 8.0}', GIVE, 8, True),
        ('{"contribute": 8}', GIVE, 8, False),
        ('{"say": "hi"}', SAY, "hi", False),
        ('{"ann": 1, "bob": 2}', PUNISH, {"bob": 2, "ann": 1}, True),
        ('{"ANN": 1, "bob": 2}', PUNISH, {"bob": 2, "ann": 1}, False),
        ('{"answer": {"ann": 1, "bob": 2}}', PUNISH, {"bob": 2, "ann": 1}, False),
        ('{"tool_calls": [{"function": {"arguments": {"answer": 3}}}]}', GIVE, 3, False),
        (
            '{"punish": {"bob": 0, "ann": 0}, "note": ""}',
            NESTED,
            {"punish": {"bob": 0, "ann": 0}, "note": ""},
            True,
        ),
        (
            '{"punish": {"Bob": 0, "ann": 0}, "note": ""}',
            NESTED,
            {"punish": {"bob": 0, "ann": 0}, "note": ""},
            False,
        ),
        ('{"Bob": "defect", "bob": "none"}', TWINS, {"Bob": "defect", "bob": "none"}, True),
    ],
)
def test_an_answer_is_read(text: str, space: Space, value: Any, exact: bool) -> None:
    (reading,) = read(text, space)
    assert isinstance(reading, Reading)
    assert (reading.value, reading.exact) == (value, exact)


@pytest.mark.parametrize(
    ("text", "space", "problem"),
    [
        ('{"answer": "negotiate"}', MOVE, '"negotiate" is not one of cooperate, defect, none'),
        ('{"answer": null}', MOVE, "null is not one of cooperate, defect, none"),
        ('{"answer": true}', GIVE, "contribute: true is not a number"),
        ('{"answer": "25"}', GIVE, "contribute: 25 is not between 0 and 20"),
        ('{"answer": "<text>"}', SAY, "<text> is a placeholder; write the text itself"),
        ('{"answer": 8, "keep": 12}', GIVE, 'contribute: no such field: "keep" (fields: answer)'),
        ('{"punish": {"x": 1}, "note": ""}', NESTED, "punish: not filled in: bob, ann"),
        ('{"bob": 1}', PUNISH, "punish: not filled in: ann"),
        ('{"bob": 1, "ann": 0, "dan": 1}', PUNISH, 'punish: no such field: "dan" (fields: bob, ann)'),
    ],
)
def test_an_illegal_answer_says_what_is_allowed(text: str, space: Space, problem: str) -> None:
    assert read(text, space) == [problem]


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ('{"x": 1}', GIVE),
        ('{"opponent": {"answer": 3}}', GIVE),
        ('{"history": [{"answer": 3}]}', GIVE),
        ('{"respuesta": "defect"}', MOVE),
        ("{}", PUNISH),
    ],
)
def test_another_object_is_no_answer(text: str, space: Space) -> None:
    assert read(text, space) == []


@pytest.mark.parametrize("text", ['{"bob": 1, "Bob": 2, "ann": 0}', '{"choice": "none", "action": "defect"}'])
def test_two_keys_for_one_name_are_a_problem(text: str) -> None:
    (problem,) = read(text, PUNISH if "ann" in text else MOVE)
    assert isinstance(problem, str)


def test_each_field_knows_its_place() -> None:
    text = '{"ann": 1, "bob": 20e-1}'
    (reading,) = read(text, PUNISH)
    assert isinstance(reading, Reading)
    assert {name: text[slice(*span)] for name, span in reading.spans.items()} == {"ann": "1", "bob": "20e-1"}


def test_remarks_are_kept_as_words_but_beliefs_are_not() -> None:
    (reading,) = read('{"answer": "defect", "why": "he did", "prediction": "cooperate"}', MOVE)
    assert isinstance(reading, Reading)
    assert reading.remarks == ("he did",)


def test_an_empty_form_is_an_empty_object() -> None:
    (reading,) = read("{}", Form("nothing", {}))
    assert isinstance(reading, Reading)
    assert reading.value == {}
