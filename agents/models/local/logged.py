"""Answers as the log holds them, for a model to read again: tokens, what they say, what was chosen among."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.calls import Decide, SegmentSpan
from lab.core.canonical import parse
from lab.core.captures import ActionPlace
from lab.core.rows import CallRow


@dataclass(frozen=True, slots=True)
class LoggedAnswer:
    """A completion that answered a decision.

    Attributes:
        key: run, seq, call, attempt and try of its row.
        agent: who decided.
        model: its model, as the scenario names it.
        artifact: the model as it was used, in the log; None where nobody told.
        messages: the prompt as it was asked.
        named: the named parts of the messages.
        segments: first token and end of each of them, where the log says.
        choices: the legal replies among which it was chosen or written; empty where they are not finite.
        decide: how the reply came about.
        text: the reply.
        finish: why it ended.
        place: where it says its action; None where it says none.
        prompt_ids, reply_ids: the tokens; None where the log lacks them.
        reply_logprobs: log-probability of each of the reply's tokens, nats, where known.
        total: log-probability of the whole reply, nats, where known.
    """

    key: tuple[str, int, int, int, int]
    agent: str
    model: str
    artifact: str | None
    messages: tuple[Mapping[str, Any], ...]
    named: tuple[SegmentSpan, ...]
    segments: Mapping[str, tuple[int, int] | None]
    choices: tuple[str, ...]
    decide: Decide
    text: str
    finish: str | None
    place: ActionPlace | None
    prompt_ids: tuple[int, ...] | None
    reply_ids: tuple[int, ...] | None
    reply_logprobs: tuple[float, ...] | None
    total: float | None

    @property
    def words(self) -> str:
        """Which decision it answered, in words."""
        run, seq, _, attempt, _ = self.key
        return f"decision {seq} of run {run}" + (f", attempt {attempt}" if attempt else "")


def logged_answer(row: CallRow, texts: Mapping[str, str]) -> LoggedAnswer | None:
    """What a row of the log says of an answer; None of a failed try, or of a call that only thinks.

    Args:
        row: a model call.
        texts: texts by content address.
    """
    if row.reply is None or row.parsed is None:
        return None
    request, text = parse(texts[row.request]), texts[row.reply]
    segments = [] if row.segments is None else parse(row.segments)
    place = parse(row.parsed).get("place")
    scores = {} if row.choice_logprobs is None else parse(row.choice_logprobs)
    logprobs = None if row.reply_logprobs is None else tuple(parse(row.reply_logprobs))
    decide: Decide = request.get("decide", "generate")
    return LoggedAnswer(
        key=(row.run, row.seq, row.call, row.attempt, row.try_),
        agent=row.agent,
        model=row.model,
        artifact=row.artifact,
        messages=tuple(request["messages"]),
        named=tuple(SegmentSpan(*one[:4]) for one in segments),
        segments={one[0]: None if one[4] is None else (one[4], one[5]) for one in segments},
        choices=tuple(request.get("choices", ())),
        decide=decide,
        text=text,
        finish=row.finish,
        place=None if place is None else ActionPlace(*place[:3], *map(tuple, place[3:])),
        prompt_ids=_ids(row.prompt_ids, texts),
        reply_ids=_ids(row.reply_ids, texts),
        reply_logprobs=logprobs,
        total=scores.get(text) if decide == "score" else None,
    )


def _ids(address: str | None, texts: Mapping[str, str]) -> tuple[int, ...] | None:
    return None if address is None else tuple(parse(texts[address]))
