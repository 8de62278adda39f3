"""Whether a marked answer is the agent's own."""

from __future__ import annotations

import pytest

from agents.parsing.context import is_own

MARK = "{}"


def own(text: str) -> bool:
    start = text.index(MARK)
    return is_own(text, start, start + len(MARK))


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "I don't trust him.\n{}",
        "I don't trust him. {}",
        "My answer: {}",
        "Here is what I have decided on:\n```json\n{}\n```\nGood luck!",
        "so I reply {}.",
        "<answer>{}</answer>",
        "{} 🤝",
        "{} This keeps the peace.",
        "Voici ma réponse : {}",
    ],
)
def test_an_answer_between_sentences_or_led_to_is_own(text: str) -> None:
    assert own(text)


@pytest.mark.parametrize(
    "text",
    [
        "Bob said: {}",
        "Bob: {}",
        "Last round: {}",
        "For example:\n```\n{}\n```",
        "Never send this: {}",
        "I will not answer {}.",
        "If he is nice, {}",
        "I considered {} for a while.",
        "{} is naive.",
        "{} if he is nice.",
        "{}?",
        "{}%",
        "My opponent's move is below.\n\n{}",
        "{}\n\nThis is what the other player would do.",
    ],
)
def test_an_answer_that_is_quoted_denied_or_embedded_is_not(text: str) -> None:
    assert not own(text)
