"""What a node of a cognition graph has to work with during one decision.

A graph is any LangGraph `StateGraph` over `Thought` with `Mind` as its context. Its state begins with the
conversation; it must end with a `reply` that a call with ``answer=True`` brought:

    async def act(state: Thought, runtime: Runtime[Mind]) -> Thought:
        return await answered(runtime.context, state["messages"])
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

from agents.prompts import Message, Messages, replied, told
from lab.core.calls import ModelReply
from lab.core.records import DecisionRequest, Segment

REFLECT = Segment(
    "reflect", "Think first: what matters here, and what follows from it? A few sentences; do not answer yet."
)
"""What `react` asks before it asks for an answer."""

Say = Callable[[str, Messages, bool], Awaitable[ModelReply]]


class Thought(TypedDict, total=False):
    """The state of a cognition graph.

    Attributes:
        messages: the conversation, this decision's messages last; what stands there at the end is remembered.
        reply: the reply that the action is read from.
    """

    messages: Messages
    reply: ModelReply


@dataclass(frozen=True, slots=True)
class Mind:
    """One decision of one agent, as its cognition sees it.

    Attributes:
        request: what is asked, with the `tools` that the world lends.
        answer_format: how to answer, in words.
        speak: asks the model; use `say`.
        answers: replies to calls with ``answer=True`` so far.
    """

    request: DecisionRequest
    answer_format: Segment
    speak: Say
    answers: list[ModelReply] = field(default_factory=list)

    async def say(self, node: str, messages: Sequence[Message], *, answer: bool = False) -> ModelReply:
        """The model's reply to a conversation; every call is a row of the log.

        Args:
            node: name of the node that calls.
            messages: the conversation, the model's turn next.
            answer: whether the reply is the decision: then it must follow the answer format.

        Raises:
            ModelUnavailable: when the model gave no reply.
        """
        reply = await self.speak(node, tuple(messages), answer)
        if answer:
            self.answers.append(reply)
        return reply


async def answered(mind: Mind, messages: Sequence[Message]) -> Thought:
    """The conversation after the model was told how to answer, and did: the last step of most graphs."""
    asked = told(messages, mind.answer_format)
    reply = await mind.say("act", asked, answer=True)
    return Thought(messages=replied(asked, reply), reply=reply)
