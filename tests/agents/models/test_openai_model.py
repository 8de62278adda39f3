"""The client against real HTTP on loopback: what is sent, what comes of every fault, what never shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from agents.models.openai_api import OpenAIOptions
from agents.models.openai_model import OpenAIModel
from agents.models.retry import Backoff
from agents.models.spec import ModelSpec
from lab.core.calls import ModelFailure, ModelReply, ModelRequest
from lab.core.canonical import canonical
from tests.support import chat_server as faults
from tests.support.chat_server import Fault, chat_server, completion

CANARY = "sk-canary-0123456789"
SOON = Backoff(base_s=0.002)
SCHEMA = {"type": "object", "properties": {"action": {"enum": ["left", "right"]}}}
OPTIONS: dict[str, Any] = {"timeout_s": 5, "retries": 2}
NOWHERE = "http://127.0.0.1:1/v1"

Result = ModelReply | ModelFailure


def ask(text: str = "left?", **fields: Any) -> ModelRequest:
    return ModelRequest("main", ({"role": "user", "content": text},), **fields)


def model(base_url: str, target: str = "qwen", **options: Any) -> OpenAIModel:
    spec = ModelSpec("main", "openai", target, base_url=base_url, price=(0.5, 2.0))
    given = OpenAIOptions.model_validate(OPTIONS | options)
    return OpenAIModel(spec, base_url=base_url, key=CANARY, options=given, backoff=SOON)


async def completed(asked: OpenAIModel, *requests: ModelRequest) -> list[Result]:
    try:
        return list(await asked.complete(requests))
    finally:
        await asked.aclose()


def answers(base_url: str, *requests: ModelRequest, **options: Any) -> list[Result]:
    """What a fresh model says to the requests."""
    return asyncio.run(completed(model(base_url, **options), *(requests or (ask(),))))


def reply(result: Result) -> ModelReply:
    assert isinstance(result, ModelReply), result
    return result


def failure(result: Result) -> ModelFailure:
    assert isinstance(result, ModelFailure), result
    return result


# --- a good answer ---------------------------------------------------------------------------------


def test_the_body_and_the_log_say_exactly_what_is_sent() -> None:
    asked = ask(sampling={"temperature": 0.5, "stop": ["."], "max_tokens": 9}, seed=2**63 + 5, schema=SCHEMA)
    with chat_server() as server:
        (said,) = answers(server.base_url, asked, extra_body={"min_p": 0.1})
    (received,) = server.received
    settings = {"min_p": 0.1, "temperature": 0.5, "stop": ["."], "max_tokens": 9, "seed": 5}
    schema = {"name": "answer", "strict": True, "schema": SCHEMA}
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {CANARY}"
    assert received.body == {
        "model": "qwen",
        "messages": [{"role": "user", "content": "left?"}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        **settings,
    }
    assert reply(said).facts == {"sent": {**settings, "response_format": "json_schema"}}


def test_a_reply_carries_words_tokens_cost_and_the_model_as_it_was_used() -> None:
    with chat_server() as server:
        said = reply(answers(server.base_url)[0])
    assert (said.text, said.finish, said.failed) == ("left?", "stop", ())
    assert (said.tokens_in, said.tokens_out, said.cost_usd) == (10, 5, (10 * 0.5 + 5 * 2.0) / 1e6)
    assert said.latency_s > 0
    assert said.artifact is not None
    assert (said.artifact.name, said.artifact.fingerprint) == ("served-1", "fp_1")
    assert said.artifact.config == {"base_url": server.base_url}
    assert set(said.artifact.versions) == {"openai"}


def test_cost_is_unknown_without_usage() -> None:
    data = {name: value for name, value in completion("left").items() if name != "usage"}
    with chat_server([Fault(body=data)]) as server:
        said = reply(answers(server.base_url)[0])
    assert (said.tokens_in, said.tokens_out, said.cost_usd) == (None, None, None)


def test_a_reasoning_model_is_sent_its_own_names() -> None:
    with chat_server() as server:
        options = {"reasoning_effort": "low", "seed": False}
        answers(server.base_url, ask(sampling={"max_tokens": 9}, seed=5), target="gpt-5-mini", **options)
    (body,) = server.bodies
    assert body["max_completion_tokens"] == 9
    assert body["reasoning_effort"] == "low"
    assert not {"max_tokens", "temperature", "seed"} & body.keys()


@pytest.mark.parametrize(
    ("said", "text", "finish"),
    [
        (faults.EMPTY, "", "stop"),
        (faults.REFUSAL, "I cannot help with that.", "refusal"),
        (faults.FILTERED, "", "refusal"),
    ],
)
def test_silence_and_refusal_are_replies(said: Fault, text: str, finish: str) -> None:
    with chat_server([said]) as server:
        result = reply(answers(server.base_url)[0])
    assert (result.text, result.finish, len(server.received)) == (text, finish, 1)


def test_a_model_serves_one_event_loop_after_another() -> None:
    with chat_server() as server:
        asked = model(server.base_url)
        assert [reply(asyncio.run(completed(asked, ask(text)))[0]).text for text in "ab"] == ["a", "b"]


def test_closing_a_model_never_used_is_fine() -> None:
    asyncio.run(model(NOWHERE).aclose())


# --- faults ----------------------------------------------------------------------------------------

GETS_BETTER = {
    "rate_limit": faults.TOO_MANY,
    "server": faults.BROKEN,
    "connection": faults.CLOSED_MIDWAY,
    "malformed": faults.CUT_JSON,
}
MALFORMED = [faults.CUT_JSON, faults.WRONG_SHAPE, faults.NO_CHOICES, Fault(body=b"<html>busy</html>")]


@pytest.mark.parametrize("kind", GETS_BETTER)
def test_a_fault_that_passes_is_tried_again_and_kept(kind: str) -> None:
    with chat_server([GETS_BETTER[kind]]) as server:
        result = reply(answers(server.base_url)[0])
    assert [one.kind for one in result.failed] == [kind]
    assert (result.text, len(server.received)) == ("left?", 2)


@pytest.mark.parametrize("fault", MALFORMED)
def test_a_response_that_is_no_completion_is_malformed(fault: Fault) -> None:
    with chat_server([fault] * 3) as server:
        result = failure(answers(server.base_url)[0])
    assert [result.kind, *(one.kind for one in result.failed)] == ["malformed"] * 3
    assert len(server.received) == 3


@pytest.mark.parametrize("fault", [faults.HANG, faults.SLOW])
def test_a_try_ends_at_its_timeout_even_while_bytes_arrive(fault: Fault) -> None:
    with chat_server([fault] * 2) as server:
        result = failure(answers(server.base_url, timeout_s=0.1, retries=1)[0])
    assert (result.kind, result.message) == ("timeout", "no answer within 0.1 s")
    assert [one.kind for one in result.failed] == ["timeout"]
    assert result.latency_s >= 0.1


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (faults.fails(400, "bad"), "refused_request"),
        (faults.fails(404, "no such model"), "refused_request"),
        (faults.ECHOES_KEY, "key"),
        (faults.fails(403, "not you"), "key"),
        (faults.TOO_LONG, "overflow"),
        (faults.fails(429, "come back tomorrow", retry_after="86400"), "rate_limit"),
    ],
)
def test_what_cannot_get_better_is_asked_once(fault: Fault, kind: str) -> None:
    with chat_server([fault] * 3) as server:
        result = failure(answers(server.base_url)[0])
    assert (result.kind, result.failed, len(server.received)) == (kind, (), 1)


def test_a_server_that_is_not_there_is_named() -> None:
    result = failure(answers(NOWHERE)[0])
    assert result.kind == "connection"
    assert NOWHERE in result.message
    assert len(result.failed) == 2


def test_one_failure_hides_no_answer() -> None:
    def bad_three(number: int, body: Mapping[str, Any]) -> Fault | None:
        return faults.fails(400, "bad") if body["messages"][0]["content"] == "3" else None

    with chat_server(bad_three) as server:
        results = answers(server.base_url, *(ask(str(number)) for number in range(6)))
    texts = [one.text if isinstance(one, ModelReply) else one.kind for one in results]
    assert texts == ["0", "1", "2", "refused_request", "4", "5"]


@pytest.mark.parametrize(
    "asked",
    [
        ask(decide="score", choices=("a", "b")),
        ask(interventions=({"kind": "steer"},)),
        ask(sampling={"typical_p": 1}),
    ],
)
def test_what_the_interface_does_not_have_is_refused_unsent(asked: ModelRequest) -> None:
    with chat_server() as server:
        result = failure(answers(server.base_url, asked)[0])
    assert (result.kind, server.received) == ("refused_request", [])


def test_cancelling_goes_through() -> None:
    async def play(base_url: str) -> None:
        asked = model(base_url)
        task = asyncio.create_task(asked.complete([ask(), ask()]))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asked.aclose()

    with chat_server([faults.HANG] * 2) as server:
        asyncio.run(play(server.base_url))


# --- how many at once ------------------------------------------------------------------------------


def test_no_more_requests_than_allowed_are_under_way() -> None:
    with chat_server(latency_s=0.01) as server:
        results = answers(server.base_url, *(ask(str(n)) for n in range(20)), concurrency=4)
    assert [reply(one).text for one in results] == [str(n) for n in range(20)]
    assert 2 <= server.most_at_once <= 4


def test_more_tries_than_one_client_takes_are_under_way_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.models.openai_model.TRIES_PER_CLIENT", 2)
    with chat_server(latency_s=0.3) as server:
        results = answers(server.base_url, *(ask(str(n)) for n in range(5)))
    assert [reply(one).text for one in results] == [str(n) for n in range(5)]
    assert server.most_at_once == 5


def test_one_try_after_another_uses_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.models.openai_model.TRIES_PER_CLIENT", 2)
    with chat_server() as server:
        answers(server.base_url, *(ask(str(n)) for n in range(5)), concurrency=1)
    assert (len(server.received), server.connections) == (5, 1)


@pytest.mark.parametrize(("fault", "most"), [(faults.TOO_MANY, 4), (faults.BROKEN, 8)])
def test_a_rate_limit_shrinks_what_follows_and_a_broken_server_does_not(fault: Fault, most: int) -> None:
    with chat_server([fault] * 8, latency_s=0.15) as server:
        asked = model(server.base_url, concurrency=8)

        async def play() -> list[Result]:
            try:
                await asked.complete([ask(str(n)) for n in range(8)])
                server.most_at_once = 0
                return list(await asked.complete([ask(str(n)) for n in range(8)]))
            finally:
                await asked.aclose()

        assert all(isinstance(one, ModelReply) for one in asyncio.run(play()))
    assert most <= server.most_at_once <= most + 2  # good replies bring places back one by one


def test_two_servers_at_once_do_not_meet() -> None:
    async def play(one: str, other: str) -> list[Result]:
        both = await asyncio.gather(completed(model(one), ask("1")), completed(model(other), ask("2")))
        return [result for results in both for result in results]

    with chat_server([faults.fails(400, "bad")]) as bad, chat_server() as good:
        first, second = asyncio.run(play(bad.base_url, good.base_url))
    assert failure(first).kind == "refused_request"
    assert reply(second).text == "2"
    assert (len(bad.received), len(good.received)) == (1, 1)


# --- parameters that a server may do without -------------------------------------------------------


def test_a_server_without_schemas_is_asked_without_and_remembered() -> None:
    with chat_server([faults.NO_SCHEMA] * 9) as server:
        asked = model(server.base_url)

        async def play() -> list[Result]:
            try:
                return [
                    *await asked.complete([ask(schema=SCHEMA)]),
                    *await asked.complete([ask(schema=SCHEMA)]),
                ]
            finally:
                await asked.aclose()

        first, second = asyncio.run(play())
    assert [one.kind for one in first.failed] == ["refused_request"]
    assert reply(first).facts == {"sent": {}}
    assert reply(second).failed == ()
    assert ["response_format" in body for body in server.bodies] == [True, False, False]


def test_a_refusal_that_stays_without_the_schema_is_the_result() -> None:
    with chat_server([faults.fails(400, "no"), faults.fails(400, "still no")]) as server:
        result = failure(answers(server.base_url, ask(schema=SCHEMA), retries=0)[0])
    assert (result.message, [one.message for one in result.failed]) == ("400: still no", ["400: no"])


def test_a_server_that_takes_no_seed_is_asked_without() -> None:
    refuses = Fault(422, {"detail": "unexpected field: seed"}, only_with="seed")
    with chat_server([refuses]) as server:
        result = reply(answers(server.base_url, ask(seed=5, schema=SCHEMA))[0])
    assert result.facts == {"sent": {"response_format": "json_schema"}}


def test_an_alias_may_do_without_both() -> None:
    with chat_server() as server:
        answers(server.base_url, ask(seed=5, schema=SCHEMA), schema=False, seed=False)
    assert server.bodies[0].keys() == {"model", "messages"}


# --- the key ---------------------------------------------------------------------------------------


def repeat_key(*places: str) -> list[Fault]:
    """Every way a server could repeat the key that it was sent."""
    said = "you sent {authorization}"
    bad = [Fault(status, {"error": {"message": said}}) for status in (400, 401, 404, 429, 500)]
    plain = [Fault(status, said.encode(), {"content-type": "text/plain"}) for status in (401, 502)]
    good = completion(said, told={"content": said, "reasoning": said})
    named = good | {"model": said, "system_fingerprint": said}
    return [*bad, *plain, Fault(body=named), Fault(body=completion(f"<think>{said}</think>"))]


@pytest.mark.parametrize("number", range(len(repeat_key())))
def test_a_key_that_a_server_repeats_shows_nowhere(
    number: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), chat_server([repeat_key()[number]] * 3) as server:
        results = answers(server.base_url, retries=1)
    out, err = capfd.readouterr()
    shown = repr(results) + caplog.text + out + err
    assert "Bearer ***" in shown
    assert CANARY not in shown
    artifact = getattr(results[0], "artifact", None)
    if artifact is not None:
        assert CANARY not in canonical([artifact.name, artifact.fingerprint, artifact.config])


def test_a_key_shows_in_no_failure_to_connect() -> None:
    assert CANARY not in repr(answers(NOWHERE)) + repr(model(NOWHERE))
