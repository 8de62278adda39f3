"""What an agent is told about how to answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agents.parsing.formats import answer_schema, choice_format, finite_choices, reply_format
from agents.parsing.parse import parse_reply
from lab.core.errors import UsageError
from lab.core.records import Status
from lab.core.spaces import Choice, Form, Message, Quantity, Space

MOVE = Choice("cooperate", "defect")
LETTERS = {"cooperate": "B", "defect": "A"}
GIVE = Quantity("contribute", 0, 20, "points")
OFFER = Form("offer", {"price": GIVE, "move": MOVE, "note": Message("note", 80)})


def test_the_schema_of_an_answer_is_an_object_with_nothing_else() -> None:
    assert answer_schema(MOVE, LETTERS) == {
        "type": "object",
        "properties": {"answer": {"type": "string", "enum": ["B", "A"]}},
        "required": ["answer"],
        "additionalProperties": False,
    }


def test_the_schema_of_a_form_has_the_fields_of_the_form() -> None:
    schema = answer_schema(Form("turn", {"offer": OFFER}), LETTERS)
    inner = schema["properties"]["offer"]
    assert schema["required"] == ["offer"]
    assert inner["required"] == ["price", "move", "note"]
    assert inner["properties"]["move"] == {"type": "string", "enum": ["B", "A"]}
    assert inner["additionalProperties"] is False


def test_the_format_names_shown_options_and_the_shape() -> None:
    assert reply_format(MOVE, LETTERS) == (
        'Choose one of: B, A. Reply with a JSON object of this shape and nothing else: {"answer": "<option>"}'
    )
    assert reply_format(GIVE).endswith('nothing else: {"answer": <number>}')
    assert reply_format(Message()).endswith('nothing else: {"answer": "<text>"}')
    assert reply_format(OFFER).endswith('{"price": <number>, "move": "<option>", "note": "<text>"}')


@pytest.mark.parametrize(
    ("space", "allowed"),
    [
        (GIVE, "Give a whole number from 0 to 20."),
        (Quantity("share", 0, 0.5, whole=False), "Give a number from 0 to 0.5."),
        (
            Message("say", 500),
            "Write a text of at most 500 characters; leave it empty to say nothing.",
        ),
        (
            Form("punish", {name: Quantity(name, 0, 10, "points") for name in ("bob", "coop-1")}),
            "For each of bob, coop-1: give a whole number from 0 to 10.",
        ),
        (
            Form("turn", {"offer": Form("offer", {"price": GIVE}), "move": MOVE}),
            "For offer.price: give a whole number from 0 to 20. For move: choose one of: cooperate, defect.",
        ),
    ],
    ids=str,
)
def test_what_is_allowed_is_said_once_and_without_unit_or_name_of_the_space(
    space: Space, allowed: str
) -> None:
    assert reply_format(space).partition(" Reply")[0] == allowed


@pytest.mark.parametrize("space", [MOVE, GIVE, Message(), OFFER, Form("turn", {"offer": OFFER})])
def test_repeating_the_shape_is_no_answer(space: Space) -> None:
    shape = reply_format(space).partition("nothing else: ")[2]
    assert parse_reply(shape, space).status == Status.INVALID


@pytest.mark.parametrize(
    ("space", "labels", "choices"),
    [
        (MOVE, {}, (("cooperate", "cooperate"), ("defect", "defect"))),
        (MOVE, LETTERS, (("B", "cooperate"), ("A", "defect"))),
        (Quantity("shift", -1.5, 1), {}, (("-1", -1), ("0", 0), ("1", 1))),
        (Quantity("share", 0, 1, whole=False), {}, None),
        (Quantity("count", 1, 257), {}, None),
        (Message(), {}, None),
        (Form("one", {"move": MOVE}), {}, None),
    ],
)
def test_legal_replies_are_listed_where_they_are_few(
    space: Space, labels: dict[str, str], choices: Any
) -> None:
    assert finite_choices(space, labels) == choices


def test_a_limit_is_the_most_replies_listed() -> None:
    assert len(finite_choices(Quantity("count", 1, 256)) or ()) == 256
    assert finite_choices(MOVE, limit=1) is None


@pytest.mark.parametrize(("space", "labels"), [(MOVE, LETTERS), (GIVE, {}), (Quantity("d", -9, 9), {})])
def test_every_listed_reply_is_read_as_its_value(space: Space, labels: dict[str, str]) -> None:
    for reply, value in finite_choices(space, labels) or ():
        as_json = json.dumps({"answer": reply if isinstance(space, Choice) else value})
        for text in (reply, as_json):
            result = parse_reply(text, space, labels)
            assert (result.status, result.value) == (Status.OK, value)


def test_who_is_scored_is_asked_for_one_reply_alone() -> None:
    assert choice_format(MOVE, LETTERS) == "Answer with exactly one of these and nothing else: B, A"
    assert choice_format(GIVE) == "Answer with exactly one whole number from 0 to 20 and nothing else."


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(UsageError, match="no finite list of replies"):
        choice_format(Message())
