"""What a node has to work with."""

from __future__ import annotations

import asyncio

from agents.cognition.mind import Mind, answered
from agents.prompts import Messages, told
from lab.core.calls import ModelReply
from lab.core.records import DecisionRequest, Segment
from lab.core.spaces import Choice

REQUEST = DecisionRequest("ann", None, 1, 0, "act", {}, Choice("a", "b"))


def test_an_answer_is_asked_for_in_the_answer_format_and_remembered() -> None:
    asked: list[tuple[str, Messages, bool]] = []

    async def speak(node: str, messages: Messages, answer: bool) -> ModelReply:
        asked.append((node, messages, answer))
        return ModelReply("a")

    mind = Mind(REQUEST, Segment("format", "a or b?"), speak)
    thought = asyncio.run(answered(mind, told((), Segment("observation", "It is noon."))))
    assert asked[0][0] == "act"
    assert asked[0][2] is True
    assert [message.content for message in thought["messages"]] == ["It is noon.\n\na or b?", "a"]
    assert thought["reply"].text == "a"
