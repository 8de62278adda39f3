"""Prompts: the named segments of a request as messages, each part's place kept.

What stays the same (system, persona, rules) opens the conversation once; what is new stands in the message of
its turn. So the beginning of a prompt never changes, which is what the caches of models need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from lab.core.calls import ModelReply, SegmentSpan
from lab.core.records import Segment

VERSION = 2
"""Raised when the same segments would make other messages; logged with a run's versions."""

STANDING = ("system", "persona", "rules")
"""Segments that open a conversation, in this order, and are told again only when their words change."""

BETWEEN = "\n\n"
"""What stands between two segments of a message."""

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: who speaks.
        parts: what it consists of; an assistant's message has one part, its reply.
        ids: the tokens that a local model wrote it with, None where unknown.
    """

    role: Role
    parts: tuple[Segment, ...]
    ids: tuple[int, ...] | None = None

    @property
    def content(self) -> str:
        """The whole text."""
        return BETWEEN.join(part.text for part in self.parts)

    def to_json(self, *, with_ids: bool) -> dict[str, Any]:
        """The message as a model request carries it."""
        data: dict[str, Any] = {"role": self.role, "content": self.content}
        return data | {"ids": self.ids} if with_ids and self.ids is not None else data


Messages = tuple[Message, ...]


def told(messages: Sequence[Message], *parts: Segment) -> Messages:
    """The conversation with more told to the model: in its last message, or after a reply in a new one.

    Parts without words are left out.
    """
    parts = tuple(part for part in parts if part.text)
    if not parts:
        return tuple(messages)
    if messages and messages[-1].role == "user":
        last = replace(messages[-1], parts=(*messages[-1].parts, *parts))
        return (*messages[:-1], last)
    return (*messages, Message("user", parts))


def replied(messages: Sequence[Message], reply: ModelReply) -> Messages:
    """The conversation with the model's reply; reasoning is kept apart and not told again."""
    return (*messages, Message("assistant", (Segment("reply", reply.text),), reply.reply_ids))


def standing_message(segments: Iterable[Segment], persona: str | None) -> Message:
    """The message that opens a conversation."""
    by_name = {segment.name: segment for segment in segments}
    if persona:
        by_name["persona"] = Segment("persona", persona)
    return Message("system", tuple(by_name[name] for name in STANDING if name in by_name))


def turn_parts(segments: Iterable[Segment], before: Sequence[Message]) -> tuple[Segment, ...]:
    """What a turn has to tell: everything but standing segments that were last told in these words."""
    latest = {part.name: part.text for message in before for part in message.parts}
    return tuple(
        segment
        for segment in segments
        if segment.name not in STANDING or latest.get(segment.name) != segment.text
    )


def spans(messages: Sequence[Message]) -> tuple[SegmentSpan, ...]:
    """Where each part stands. Parts of earlier turns are named ``past.NAME``."""
    last = max((row for row, message in enumerate(messages) if message.role == "user"), default=0)
    return tuple(
        span
        for row, message in enumerate(messages)
        for span in _spans_of(message, row, past=message.role != "system" and row < last)
    )


def _spans_of(message: Message, row: int, *, past: bool) -> Iterable[SegmentSpan]:
    start = 0
    for part in message.parts:
        name = f"past.{part.name}" if past else part.name
        yield SegmentSpan(name, row, start, start + len(part.text))
        start += len(part.text) + len(BETWEEN)
