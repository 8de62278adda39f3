"""Graphs: the shipped ones, a user's own, and those that cannot be used."""

from __future__ import annotations

import asyncio

import pytest

from agents.cognition.graphs import compiled, think
from agents.cognition.mind import Mind, Thought
from agents.prompts import Messages, told
from lab.core.calls import ModelReply
from lab.core.errors import LabError, ModelUnavailable, RuleError, UnknownName, UsageError
from lab.core.records import DecisionRequest, Segment
from lab.core.spaces import Choice

OWN = "tests.agents.cognition.own_graphs:"
REQUEST = DecisionRequest("ann", None, 1, 0, "act", {}, Choice("a", "b"))


class Model:
    """Says what it is given, and notes which node asked and what was told."""

    def __init__(self, *replies: str) -> None:
        self._replies = iter(replies)
        self.asked: list[tuple[str, bool]] = []
        self.prompts: list[list[str]] = []

    async def speak(self, node: str, messages: Messages, answer: bool) -> ModelReply:
        self.asked.append((node, answer))
        self.prompts.append([message.content for message in messages])
        return ModelReply(next(self._replies))


def thought_of(cognition: str, model: Model) -> Thought:
    mind = Mind(REQUEST, Segment("format", "a or b?"), model.speak)
    return asyncio.run(think(cognition, mind, Thought(messages=told((), Segment("observation", "Noon.")))))


def test_direct_calls_once() -> None:
    model = Model("a")
    assert thought_of("direct", model)["reply"].text == "a"
    assert model.asked == [("act", True)]


def test_react_reads_its_own_reasoning_before_it_answers() -> None:
    model = Model("noon is early", "b")
    assert thought_of("react", model)["reply"].text == "b"
    assert model.asked == [("reason", False), ("act", True)]
    assert model.prompts[1][1:] == ["noon is early", "a or b?"]


def test_a_graph_of_the_users_own_may_loop_and_branch() -> None:
    model = Model("one", "two", "three", "a")
    assert thought_of(OWN + "twice", model)["reply"].text == "a"
    assert [node for node, _ in model.asked] == ["draft"] * 3 + ["act"]


def test_a_graph_is_compiled_once() -> None:
    assert compiled("direct") is compiled("direct")


@pytest.mark.parametrize(
    ("cognition", "error", "words"),
    [
        ("reakt", UnknownName, "did you mean 'react'"),
        (OWN + "mute", RuleError, "ended without a reply"),
        (OWN + "unasked", RuleError, "answer=True"),
        (OWN + "saved", UsageError, "checkpointer"),
        (OWN + "nothing", UsageError, "should return a langgraph StateGraph, not 'no graph'"),
        (OWN + "absent", UsageError, "has no 'absent'"),
    ],
)
def test_a_cognition_that_cannot_be_used_is_told_by_name(
    cognition: str, error: type[LabError], words: str
) -> None:
    with pytest.raises(error, match=words):
        thought_of(cognition, Model("a"))


def test_a_model_without_a_reply_ends_the_thought_with_its_own_error() -> None:
    class Broken(Model):
        async def speak(self, node: str, messages: Messages, answer: bool) -> ModelReply:
            raise ModelUnavailable("timeout: no reply in 3 s")

    with pytest.raises(ModelUnavailable, match="no reply in 3 s"):
        thought_of("react", Broken())
