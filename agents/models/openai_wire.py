"""Chat completions on the wire: the body of a request, and what a response says. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.models.capabilities import Family
from agents.models.reasoning import split_reasoning
from lab.core.calls import ModelRequest
from lab.core.canonical import clean_text

SEED_LIMIT = 2**31
"""Seeds are sent below this: the most that every server takes."""

SCHEMA_NAME = "answer"

IDS_WANTED = "return_token_ids"
"""The parameter with which a server such as vLLM returns the tokens of prompt and reply."""


class Malformed(ValueError):
    """A response that is no chat completion; says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a chat completion says, as far as it says it.

    Attributes:
        text: the reply without its thinking, or the words of a refusal.
        reasoning: the thinking, from a field of its own or from ``<think>…</think>``.
        finish: why it ended; ``refusal`` when the model or a content filter refused.
        tokens_in, tokens_out: as counted by the server.
        model: the model's name as the server tells it.
        fingerprint: the server's ``system_fingerprint``.
        prompt_ids, reply_ids: the tokens, where the server returns them.
        reply_logprobs: log-probability of each of `reply_ids`, nats, where it tells one for each.
        counts: cached tokens and reasoning tokens, where it counts them.
    """

    text: str
    reasoning: str | None = None
    finish: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    model: str | None = None
    fingerprint: str | None = None
    prompt_ids: tuple[int, ...] | None = None
    reply_ids: tuple[int, ...] | None = None
    reply_logprobs: tuple[float, ...] | None = None
    counts: Mapping[str, int] = field(default_factory=dict)


def settings_of(
    request: ModelRequest, family: Family, *, extra: Mapping[str, Any], optional: frozenset[str]
) -> dict[str, Any]:
    """Everything of the request's body but model and messages.

    Args:
        request: what is asked.
        family: how the model's parameters are called.
        extra: parameters of the alias that are sent as they are.
        optional: which of ``seed`` and ``response_format`` the server may be sent.
    """
    settings = dict(extra)
    if settings.get(IDS_WANTED):  # what the tokens are read again by, `lab capture` checks with these
        settings.setdefault("logprobs", True)
    settings |= {family.sampling[name]: value for name, value in request.sampling.items()}
    if request.seed is not None and "seed" in optional:
        settings["seed"] = request.seed % SEED_LIMIT
    if request.schema is not None and "response_format" in optional:
        schema = {"name": SCHEMA_NAME, "strict": True, "schema": request.schema}
        settings["response_format"] = {"type": "json_schema", "json_schema": schema}
    return settings


def body_of(request: ModelRequest, target: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The whole body; of a message only role and content are sent."""
    messages = [{"role": one["role"], "content": one["content"]} for one in request.messages]
    return {"model": target, "messages": messages, **settings}


def logged(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as the log keeps them; the schema itself stands in the request."""
    return {name: "json_schema" if name == "response_format" else value for name, value in settings.items()}


def read_completion(data: object) -> Said:
    """What a response says.

    Raises:
        Malformed: when it is no chat completion.
    """
    if not isinstance(data, Mapping):
        raise Malformed(f"the response is no JSON object but {type(data).__name__}")
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise Malformed("the response holds no choice with a message")
    usage = _mapping(data.get("usage"))
    reasoning, text = _words(message)
    refusal = _text(message.get("refusal"))
    finish = _text(choice.get("finish_reason"))
    refused = bool(refusal) or finish == "content_filter"
    reply_ids = _ids(choice.get("token_ids"))
    return Said(
        text=refusal or text,
        reasoning=reasoning,
        finish="refusal" if refused else finish,
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        model=_text(data.get("model")),
        fingerprint=_text(data.get("system_fingerprint")),
        prompt_ids=_ids(data.get("prompt_token_ids") or choice.get("prompt_token_ids")),
        reply_ids=reply_ids,
        reply_logprobs=_logprobs(choice.get("logprobs"), len(reply_ids or ())),
        counts=_counts(usage),
    )


def error_message(body: object) -> str:
    """The message in an error's body, as servers differ in where they put it; empty without one."""
    if isinstance(body, Mapping):
        places = (body.get(name) for name in ("error", "message", "detail"))
        return next((found for place in places if (found := error_message(place))), "")
    return " ".join(body.split()) if isinstance(body, str) else ""


def _words(message: Mapping[str, Any]) -> tuple[str | None, str]:
    """(thinking or None, answer) of a message."""
    text = _content(message.get("content"))
    apart = _text(message.get("reasoning_content")) or _text(message.get("reasoning"))
    return (apart, text) if apart else split_reasoning(text)


def _content(content: object) -> str:
    """The text of a message's content: a text, a list of parts, or null, as for a call of tools."""
    if content is None:
        return ""
    if isinstance(content, str):
        return clean_text(content)
    if isinstance(content, list):
        return "".join(_content(_mapping(part).get("text")) for part in content)
    raise Malformed(f"the message's content is no text but {type(content).__name__}")


def _text(value: object) -> str | None:
    return clean_text(value) if isinstance(value, str) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _count(value: object) -> int | None:
    return value if type(value) is int and 0 <= value < SEED_LIMIT else None


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    found = {
        "cached_tokens": _count(_mapping(usage.get("prompt_tokens_details")).get("cached_tokens")),
        "reasoning_tokens": _count(_mapping(usage.get("completion_tokens_details")).get("reasoning_tokens")),
    }
    return {name: count for name, count in found.items() if count is not None}


def _ids(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, list) or not all(_count(token) is not None for token in value):
        return None
    return tuple(value)


def _logprobs(value: object, count: int) -> tuple[float, ...] | None:
    """The log-probability of each of `count` tokens, None unless there is one for each."""
    content = _mapping(value).get("content")
    found = [_mapping(one).get("logprob") for one in content] if isinstance(content, list) else []
    numbers = [float(one) for one in found if isinstance(one, float | int) and math.isfinite(one)]
    return tuple(numbers) if count and len(numbers) == len(found) == count else None
