from __future__ import annotations

import pytest

from agents.models.openai_faults import MESSAGE_CHARS, Secret, asked_wait_s, kind_of, status_message
from agents.models.retry import Again

CANARY = "sk-canary-0123456789"


@pytest.mark.parametrize(
    ("status", "message", "code", "kind", "again"),
    [
        (400, "bad", None, "refused_request", Again.NEVER),
        (400, "maximum context length is 8192", None, "overflow", Again.NEVER),
        (400, "too long", "context_length_exceeded", "overflow", Again.NEVER),
        (400, "the request exceeds the available context size", None, "overflow", Again.NEVER),
        (400, "prompt is too long: 9000 tokens", None, "overflow", Again.NEVER),
        (401, "no key", None, "key", Again.NEVER),
        (403, "not you", None, "key", Again.NEVER),
        (404, "no such model", None, "refused_request", Again.NEVER),
        (408, "took long", None, "timeout", Again.LATER),
        (409, "again", None, "server", Again.LATER),
        (413, "big", None, "overflow", Again.NEVER),
        (422, "bad", None, "refused_request", Again.NEVER),
        (429, "slow down", None, "rate_limit", Again.LATER),
        (429, "pay first", "insufficient_quota", "rate_limit", Again.NEVER),
        (500, "oh no", None, "server", Again.LATER),
        (503, "context window", None, "server", Again.LATER),
        (529, "overloaded", None, "server", Again.LATER),
    ],
)
def test_every_status_has_a_kind(
    status: int, message: str, code: str | None, kind: str, again: Again
) -> None:
    assert kind_of(status, message, code) == (kind, again)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", "date": "Wed, 21 Oct 2026 07:28:00 GMT"}, 30),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", "date": "Wed, 21 Oct 2026 07:28:30 GMT"}, 0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_a_server_may_ask_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait_s(headers) == seconds


def test_an_error_is_one_line_of_bounded_length() -> None:
    assert status_message(404, {"message": "no such\n model"}) == "404: no such model"
    assert status_message(502, None) == "502: no message"
    assert len(Secret(None).hidden_in_error("x" * 5000)) == MESSAGE_CHARS


def test_a_key_is_hidden_wherever_it_could_show() -> None:
    secret = Secret(CANARY)
    assert CANARY not in repr(secret) + str(secret) + f"{secret}"
    assert secret.hidden_in_error(f"key {CANARY} is wrong") == "key *** is wrong"
    assert secret.hidden_in_reply(f"you sent {CANARY}") == "you sent ***"
    assert CANARY[:-3] not in secret.hidden_in_error("x" * (MESSAGE_CHARS - 18) + CANARY)


def test_a_placeholder_for_a_key_may_be_said_in_a_reply() -> None:
    assert Secret("lm-studio").hidden_in_reply("I run in lm-studio") == "I run in lm-studio"
    assert Secret(None).hidden_in_error("none") == "none"
