from __future__ import annotations

from typing import Any

import pytest

from agents.models.capabilities import family_of
from agents.models.openai_wire import (
    Malformed,
    body_of,
    error_message,
    logged,
    read_completion,
    settings_of,
)
from lab.core.calls import ModelRequest
from tests.support.chat_server import completion

SCHEMA = {"type": "object", "properties": {"action": {"enum": ["left", "right"]}}}
REQUEST = ModelRequest(
    model="main",
    messages=({"role": "user", "content": "left?"}, {"role": "assistant", "content": "no", "ids": [1, 2]}),
    sampling={"max_tokens": 9},
    seed=2**40 + 3,
    schema=SCHEMA,
)
ALL = frozenset({"seed", "response_format"})


def said(**message: Any) -> Any:
    """What is read from a completion with this message."""
    return read_completion(completion("", told=message))


def test_settings_are_named_as_the_family_names_them() -> None:
    settings = settings_of(REQUEST, family_of("gpt-5"), extra={"reasoning_effort": "low"}, optional=ALL)
    assert settings == {
        "reasoning_effort": "low",
        "max_completion_tokens": 9,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
        },
    }
    assert logged(settings) == {**settings, "response_format": "json_schema"}


def test_optional_settings_may_be_left_out() -> None:
    assert settings_of(REQUEST, family_of("qwen"), extra={}, optional=frozenset()) == {"max_tokens": 9}
    bare = ModelRequest("main", ())
    assert settings_of(bare, family_of("qwen"), extra={}, optional=ALL) == {}


def test_tokens_of_a_message_stay_here() -> None:
    body = body_of(REQUEST, "qwen", {"seed": 3})
    assert body["messages"] == [{"role": "user", "content": "left?"}, {"role": "assistant", "content": "no"}]
    assert (body["model"], body["seed"]) == ("qwen", 3)


def test_a_completion_is_read_as_far_as_it_says_something() -> None:
    data = completion("left") | {"prompt_token_ids": [1, 2]}
    data["choices"][0]["token_ids"] = [3]
    data["usage"] |= {
        "prompt_tokens_details": {"cached_tokens": 8},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    read = read_completion(data)
    assert (read.text, read.reasoning, read.finish) == ("left", None, "stop")
    assert (read.tokens_in, read.tokens_out) == (10, 5)
    assert (read.model, read.fingerprint) == ("served-1", "fp_1")
    assert (read.prompt_ids, read.reply_ids) == ((1, 2), (3,))
    assert read.counts == {"cached_tokens": 8, "reasoning_tokens": 4}


def test_who_asks_for_tokens_gets_their_log_probabilities() -> None:
    ids = {"return_token_ids": True}
    assert settings_of(REQUEST, family_of("qwen"), extra=ids, optional=ALL)["logprobs"] is True
    without = settings_of(REQUEST, family_of("qwen"), extra=ids | {"logprobs": False}, optional=ALL)
    assert without["logprobs"] is False
    assert "logprobs" not in settings_of(REQUEST, family_of("qwen"), extra={}, optional=ALL)


@pytest.mark.parametrize(
    ("content", "read"),
    [
        ([{"logprob": -0.5}, {"logprob": 0}], (-0.5, 0.0)),
        ([{"logprob": -0.5}], None),
        ([{"logprob": -0.5}, {"logprob": None}], None),
        ([{"logprob": -0.5}, {"logprob": float("-inf")}], None),
        ([{"logprob": -0.5}, "x"], None),
        (None, None),
    ],
)
def test_log_probabilities_count_when_there_is_one_for_each_token(
    content: object, read: tuple[float, ...] | None
) -> None:
    data = completion("left")
    data["choices"][0] |= {"token_ids": [3, 4], "logprobs": {"content": content}}
    assert read_completion(data).reply_logprobs == read


def test_what_a_server_does_not_tell_is_none() -> None:
    read = read_completion({"choices": [{"message": {"content": "left"}}]})
    assert (read.text, read.finish, read.tokens_in, read.tokens_out) == ("left", None, None, None)
    assert (read.model, read.fingerprint, read.prompt_ids, read.reply_ids) == (None, None, None, None)


@pytest.mark.parametrize("count", ["10", -1, 1.5, True, 2**70, None])
def test_a_count_that_is_none_is_unknown(count: object) -> None:
    assert read_completion(completion("") | {"usage": {"prompt_tokens": count}}).tokens_in is None


@pytest.mark.parametrize("ids", ["12", [1, "2"], [-1], {"1": 2}])
def test_tokens_that_are_none_are_unknown(ids: object) -> None:
    assert read_completion(completion("") | {"prompt_token_ids": ids}).prompt_ids is None


@pytest.mark.parametrize(
    ("message", "reasoning", "text"),
    [
        ({"content": "left", "reasoning_content": "hm"}, "hm", "left"),
        ({"content": "left", "reasoning": "hm"}, "hm", "left"),
        ({"content": "<think>hm</think>left"}, "hm", "left"),
        ({"content": "<think>x</think>left", "reasoning": "hm"}, "hm", "<think>x</think>left"),
        ({"content": [{"type": "text", "text": "le"}, {"type": "text", "text": "ft"}]}, None, "left"),
        ({"content": None, "tool_calls": []}, None, ""),
        ({"content": "a\ud800\0"}, None, "a\ufffd\ufffd"),
    ],
)
def test_thinking_and_words_are_told_apart(message: dict[str, Any], reasoning: str | None, text: str) -> None:
    read = said(**message)
    assert (read.reasoning, read.text) == (reasoning, text)


def test_a_refusal_is_a_reply_that_says_so() -> None:
    read = said(content=None, refusal="I cannot.")
    assert (read.text, read.finish) == ("I cannot.", "refusal")
    assert read_completion(completion("", finish="content_filter")).finish == "refusal"


@pytest.mark.parametrize(
    "data",
    [
        "text",
        None,
        [],
        {},
        {"choices": []},
        {"choices": {}},
        {"choices": ["left"]},
        {"choices": [{"text": "left"}]},
        {"choices": [{"message": "left"}]},
        {"choices": [{"message": {"content": 7}}]},
        {"error": {"message": "oh no"}},
    ],
)
def test_what_is_no_completion_is_malformed(data: object) -> None:
    with pytest.raises(Malformed):
        read_completion(data)


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "oh\n no"}},
        {"message": "oh no"},
        {"error": "oh no"},
        {"detail": "oh no"},
        "oh no",
    ],
)
def test_an_error_says_the_same_wherever_a_server_puts_it(body: object) -> None:
    assert error_message(body) == "oh no"


@pytest.mark.parametrize("body", [None, {}, 7, {"error": {"code": 1}}])
def test_an_error_may_say_nothing(body: object) -> None:
    assert error_message(body) == ""
