"""Messages that are no JSON."""

from __future__ import annotations

import pytest

from agents.parsing.message import bare_message, tries_json


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  Give 20!\n", "Give 20!"),
        ('"Give 20!"', "Give 20!"),
        ("“Give 20!”", "Give 20!"),
        ('"Give" and "take"', '"Give" and "take"'),
        ("I like {curly} braces", "I like {curly} braces"),
        ("Here's the deal: 20 each.", "Here's the deal: 20 each."),
        ("Okay everyone: 20 each.", "Okay everyone: 20 each."),
    ],
)
def test_a_text_that_is_nothing_but_a_message_is_one(text: str, message: str) -> None:
    place = bare_message(text)
    assert not isinstance(place, str)
    assert text[slice(*place)] == message


@pytest.mark.parametrize(
    "text",
    [
        "Here is my message: hi",
        "Message: hi",
        'Sure! "hi"',
        'I\'d say "hi"',
        "hi\n\nReasoning: polite",
        "(silence)",
        "No message.",
        "...",
        "*stays silent*",
        '{"text" "hi"}',
        "```\nhi\n```",
        "<message>hi</message>",
    ],
)
def test_talk_about_a_message_silence_and_markup_are_none(text: str) -> None:
    assert isinstance(bare_message(text), str)


def test_only_json_that_would_answer_is_an_attempt() -> None:
    assert tries_json('so {"answer": ')
    assert not tries_json("sad :{ but ok")
