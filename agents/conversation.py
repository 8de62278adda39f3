"""A policy that talks: it shows its requests in words to somebody who replies, and reads the replies.

The somebody is a model behind a cognition graph (`agents.llm`) or a person (`agents.human`). All that a
conversation remembers is rebuilt from its own decisions, so resume and replay need nothing but the log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.cognition.mind import Mind, Thought
from agents.memory import Memory, MemoryOptions
from agents.parsing import (
    Parsed,
    answer_schema,
    choice_format,
    finite_choices,
    parse_reply,
    place_of,
    reply_format,
)
from agents.prompts import Message, Messages, replied, spans, standing_message, told, turn_parts
from lab.core.calls import Decide, Model, ModelReply, ModelRequest
from lab.core.canonical import canonical
from lab.core.captures import ActionPlace, CaptureSpec
from lab.core.errors import ModelUnavailable
from lab.core.menu import Menu
from lab.core.ports import PolicyContext
from lab.core.records import Answer, Decision, DecisionRequest, Segment, Status
from lab.core.spaces import Choice, Form, Space

Think = Callable[[Mind, Thought], Awaitable[Thought]]

_SEEDS = 2**63
"""Seeds fit the signed integers of SQL."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who replies, and how it is asked.

    Attributes:
        name: the model as the scenario names it.
        model: what completes.
        sampling: settings sent with every request.
        decide: how replies to a finite space come about; to any other they are generated.
        with_ids: whether replies are continued from the tokens they were written with.
        capture: what is kept of the model's activations where it answers.
    """

    name: str
    model: Model
    sampling: Mapping[str, Any] = field(default_factory=dict)
    decide: Decide = "generate"
    with_ids: bool = False
    capture: CaptureSpec | None = None


class Conversation:
    """The policy: memory + this turn → cognition → reply → parsed action.

    Args:
        speaker: who replies.
        think: the cognition.
        memory: what is remembered.
        persona: who the agent is, told to it alone.
        wording: a wording of the environment's renderer in place of the run's. Such a reader is shown the
            request alone, without instructions: it was trained on that wording.
    """

    def __init__(
        self,
        speaker: Speaker,
        think: Think,
        memory: MemoryOptions,
        *,
        persona: str | None = None,
        wording: int | None = None,
    ) -> None:
        self._speaker = speaker
        self._think = think
        self._memory = Memory(memory)
        self._persona = persona
        self._wording = wording
        self._opening: Message | None = None
        self._draft: _Draft | None = None
        self._unseen: list[tuple[DecisionRequest, Decision]] = []

    async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Answer:
        """The reply, read; with what it cost. A prompt that is too long is asked again with half the past.

        Raises:
            ModelUnavailable: when the model gave no reply.
        """
        self._catch_up(ctx)
        turn = _Turn(self._speaker, request, ctx, plain=self._wording is not None)
        while True:
            start, messages = self._messages(request, ctx)
            try:
                thought = await self._think(turn.mind, Thought(messages=messages))
            except ModelUnavailable as error:
                if error.kind == "overflow" and self._memory.halve():
                    continue
                raise
            self._draft = _Draft(request, thought["messages"][start:])
            return turn.answer(thought["reply"])

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        """Remember a turn: the one just made, or one that another policy made before this one took over."""
        if self._draft is not None and self._draft.request.seq == request.seq:
            self._memory.keep(self._draft.turn)
        else:
            self._unseen.append((request, decision))
        self._draft = None

    def _messages(self, request: DecisionRequest, ctx: PolicyContext) -> tuple[int, Messages]:
        """Where this turn begins, and the conversation up to what is asked now."""
        draft = self._draft
        if request.attempt and draft is not None and draft.request.seq == request.seq:
            before = self._before()
            problem = Segment("problem", f"That reply could not be used: {request.problem}.")
            return len(before), told((*before, *draft.turn), problem)
        return self._with_turn(request, ctx)

    def _with_turn(self, request: DecisionRequest, ctx: PolicyContext) -> tuple[int, Messages]:
        segments = ctx.render(request, wording=self._wording)
        if self._opening is None or not self._memory.messages:
            self._opening = standing_message(segments, self._persona)
        before = self._before()
        return len(before), told(before, *turn_parts(segments, before))

    def _before(self) -> Messages:
        """The conversation before this turn."""
        assert self._opening is not None, "a turn opens the conversation"
        return (self._opening, *self._memory.messages)

    def _catch_up(self, ctx: PolicyContext) -> None:
        """Take the turns of the policy before this one for one's own, as it would have told them."""
        for request, decision in self._unseen:
            start, messages = self._with_turn(request, ctx)
            said = ModelReply(_as_reply(request.space, decision, labels_of(request.space, ctx)))
            self._memory.keep(replied(messages, said)[start:])
        self._unseen.clear()


@dataclass(frozen=True, slots=True)
class _Draft:
    """A decision being made: its request, and what its turn has added to the conversation so far."""

    request: DecisionRequest
    turn: Messages


class _Turn:
    """One attempt at a decision: the calls it makes, and what they took."""

    def __init__(
        self, speaker: Speaker, request: DecisionRequest, ctx: PolicyContext, *, plain: bool
    ) -> None:
        self._speaker = speaker
        self._request = request
        self._ctx = ctx
        self._labels = {} if plain else labels_of(request.space, ctx)
        self._replies: list[ModelReply] = []
        self._calls: Counter[str] = Counter()
        self._readings: dict[str, Parsed] = {}
        choices = finite_choices(request.space, self._labels) if speaker.decide != "generate" else None
        self._choices = tuple(text for text, _ in choices or ())
        words = choice_format if self._choices else reply_format
        text = "" if plain else words(request.space, self._labels)
        self.mind = Mind(request, Segment("format", text), self._say)

    async def _say(self, node: str, messages: Messages, answer: bool) -> ModelReply:
        nth = self._calls[node]
        self._calls[node] += 1
        key = self._ctx.key("model", node if not nth else f"{node}#{nth}") % _SEEDS
        request = self._model_request(messages, key, answer=answer)
        read = self._read if answer else None
        reply = await self._ctx.complete(self._speaker.model, request, node, read=read)
        self._replies.append(reply)
        return reply

    def _model_request(self, messages: Messages, key: int, *, answer: bool) -> ModelRequest:
        shown = tuple(message for message in messages if message.content)
        scored = bool(answer and self._choices)
        return ModelRequest(
            model=self._speaker.name,
            messages=tuple(message.to_json(with_ids=self._speaker.with_ids) for message in shown),
            sampling=self._speaker.sampling,
            seed=key,  # 63 bits: what a column of the log holds
            schema=answer_schema(self._request.space, self._labels) if answer and not scored else None,
            choices=self._choices if scored else (),
            decide=self._speaker.decide if scored else "generate",
            segments=spans(shown),
            capture=self._speaker.capture if answer else None,
            locate=self._place if answer else None,
        )

    def _parsed(self, text: str) -> Parsed:
        """A reply's reading; asked for by the log, by the decision and by what looks for its place."""
        if text not in self._readings:
            self._readings[text] = parse_reply(text, self._request.space, self._labels)
        return self._readings[text]

    def _place(self, text: str) -> ActionPlace | None:
        """Where a reply says its action."""
        return place_of(text, self._parsed(text), self._request.space, self._labels)

    def _logged_place(self, text: str) -> list[Any] | None:
        """Start, end and separating character of the action; with the options where they begin alike."""
        place = self._place(text)
        return None if place is None else [*place[:3], *([place.options] if place.options else [])]

    def _read(self, reply: ModelReply) -> dict[str, Any]:
        """What the log keeps of a reply's reading."""
        parsed = self._parsed(reply.text)
        return {
            "status": parsed.status.value,
            "value": parsed.value,
            "spans": {name: list(span) for name, span in parsed.spans.items()},
            "place": self._logged_place(reply.text),
            "problem": parsed.problem,
        }

    def answer(self, reply: ModelReply) -> Answer:
        """The decision that a reply stands for."""
        parsed = self._parsed(reply.text)
        refused = reply.finish == "refusal" and parsed.status is not Status.OK
        costs = [one.cost_usd for one in self._replies]
        return Answer(
            value=None if refused else parsed.value,
            raw=reply.text,
            status=Status.REFUSED if refused else parsed.status,
            tokens_in=sum(one.tokens_in or 0 for one in self._replies),
            tokens_out=sum(one.tokens_out or 0 for one in self._replies),
            cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
            latency_s=sum(one.latency_s for one in self._replies),
            model=self._speaker.name,
            problem=parsed.problem,
        )


def labels_of(space: Space, ctx: PolicyContext) -> dict[str, str]:
    """The names under which the options of a space are shown in this run, where they differ."""
    return {option: shown for option in _options(space) if (shown := ctx.shown(option)) != option}


def _options(space: Space) -> tuple[str, ...]:
    if isinstance(space, Choice):
        return space.options
    if isinstance(space, Form):
        return tuple(dict.fromkeys(option for one in space.fields.values() for option in _options(one)))
    return ()


def _as_reply(space: Space, decision: Decision, labels: Mapping[str, str]) -> str:
    """A decision of another policy as this one would have written it."""
    if not decision.valid:
        return "(no usable answer)"
    if isinstance(space, Menu):
        return f"ACT: {space.line(decision.value)}"
    value = _labelled(space, decision.value, labels)
    return canonical(value if isinstance(space, Form) else {"answer": value})


def _labelled(space: Space, value: Any, labels: Mapping[str, str]) -> Any:
    if isinstance(space, Choice):
        return labels.get(value, value)
    if isinstance(space, Form):
        return {name: _labelled(space.fields[name], one, labels) for name, one in value.items()}
    return value
