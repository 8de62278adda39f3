"""Verdicts on replies, re-asks, think time."""

from __future__ import annotations

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest

from lab.core.errors import ModelUnavailable, RunFailed
from lab.core.ports import Policy
from lab.core.records import Answer, DecisionRequest, Status
from lab.core.spaces import Act, Choice, Form, Message, Quantity
from lab.engine.calls import Calls, Journal
from lab.engine.context import Context
from lab.engine.seats import OnInvalid, Participant, Think, Verdict, answer_request, judge
from scenarios.environment import Environment, NoParams
from tests.support.toys import AB, Says, SaysLater

ONCE = OnInvalid(1)
REQUEST = DecisionRequest("ann", None, 5, 2, "choose", {}, AB)
NONSENSE = [
    None,
    object(),
    math.nan,
    10**5000,
    [[[[["deep"]]]]],
    b"bytes",
    "\ud800",
    "a\0",
    {"b", "a"},
    {1: 2},
    Answer,
    ValueError("x"),
    print,
]


class Silent(Environment[NoParams]):
    """No game: nobody reads it here."""

    def __init__(self) -> None:
        """Without a world."""


def context(request: DecisionRequest) -> Context:
    return Context(1, request, Calls("run", None, Journal()), Silent())


def verdict(policy: Policy, on_invalid: OnInvalid = ONCE) -> Verdict:
    """The verdict on a policy's reply, awaited if need be."""
    participant = Participant("ann", None, 0, policy, on_invalid)
    found = answer_request(participant, REQUEST, context)
    if isinstance(found, Verdict):
        return found

    async def awaited() -> Verdict:
        return await found

    return asyncio.run(awaited())


def test_a_plain_value_of_the_space_is_ok() -> None:
    assert judge(REQUEST, "a") == Verdict(Answer(), Status.OK, Act("a", {}), "a")


@pytest.mark.parametrize("status", [Status.OK, Status.REPAIRED, Status.RETRIED])
def test_a_valid_answer_keeps_its_status_and_words(status: Status) -> None:
    found = judge(REQUEST, Answer("b", raw="I take b", status=status))
    assert (found.status, found.value, found.answer.raw) == (status, "b", "I take b")


@pytest.mark.parametrize("status", [Status.REFUSED, Status.TIMEOUT, Status.ERROR, Status.INVALID])
def test_an_answer_that_is_not_valid_is_never_an_act(status: Status) -> None:
    found = judge(REQUEST, Answer("a", raw="no", status=status))
    assert (found.status, found.act, found.value, found.answer.raw) == (status, None, None, "no")


@pytest.mark.parametrize("value", NONSENSE, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("space", [AB, Quantity("q", 0, 5), Message("m", 0), Form("f", {"x": Choice("y")})])
@pytest.mark.parametrize("wrapped", [False, True])
def test_nonsense_is_invalid_and_kept_as_text(space: Any, value: Any, wrapped: bool) -> None:
    found = judge(REQUEST._replace(space=space), Answer(value) if wrapped else value)
    assert (found.status, found.act, found.value) == (Status.INVALID, None, None)
    assert found.problem
    assert found.answer.raw
    assert found.answer.raw.encode()
    assert "\0" not in found.answer.raw
    assert " at 0x" not in found.answer.raw + found.problem


def test_the_words_of_an_answer_are_made_storable() -> None:
    assert judge(REQUEST, Answer("a", raw="x\0\ud800")).answer.raw == "x\ufffd\ufffd"


@pytest.mark.parametrize("policy_class", [Says, SaysLater])
@pytest.mark.parametrize(
    ("values", "retries", "status", "asked"),
    [
        (("a",), 1, Status.OK, 1),
        (("x", "b"), 1, Status.RETRIED, 2),
        (("x", "y", "b"), 1, Status.INVALID, 2),
        (("x", "y", "b"), 2, Status.RETRIED, 3),
        (("x",), 0, Status.INVALID, 1),
        ((Answer(status=Status.REFUSED, raw="no"), "a"), 3, Status.REFUSED, 1),
        ((Answer(status=Status.ERROR, raw="down"), "a"), 3, Status.ERROR, 1),
        (("x", Answer("a", status=Status.REPAIRED)), 1, Status.RETRIED, 2),
    ],
)
def test_an_invalid_reply_is_asked_again_as_often_as_allowed(
    policy_class: type[Says], values: tuple[Any, ...], retries: int, status: Status, asked: int
) -> None:
    policy = policy_class(*values)
    assert verdict(policy, OnInvalid(retries)).status is status
    assert [request.attempt for request in policy.asked] == list(range(asked))


def test_a_re_ask_says_what_was_wrong_and_is_the_same_decision() -> None:
    policy = Says("x", "a")
    verdict(policy)
    first, again = policy.asked
    assert again.problem == '"x" is not one of a, b'
    assert first == again._replace(attempt=0, problem=None)


@pytest.mark.parametrize("policy_class", [Says, SaysLater])
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(raw="?", status=Status.INVALID, problem="two options named"), "two options named"),
        (Answer(raw="?", status=Status.INVALID), "the reply was invalid"),
    ],
)
def test_a_re_ask_says_what_the_policy_found_wrong(
    policy_class: type[Says], answer: Answer, problem: str
) -> None:
    policy = policy_class(answer, "a")
    found = verdict(policy)
    assert (found.status, policy.asked[1].problem) == (Status.RETRIED, problem)


@pytest.mark.parametrize(
    ("costs", "total"), [((0.25, 0.5), 0.75), ((None, 0.5), None), ((0.25, None), None), ((0.0, 0.0), 0.0)]
)
def test_what_a_re_ask_took_adds_up(costs: tuple[float | None, ...], total: float | None) -> None:
    bad = Answer("x", "X!", tokens_in=10, tokens_out=3, cost_usd=costs[0], latency_s=0.5, model="m")
    good = Answer("a", "A!", tokens_in=20, tokens_out=4, cost_usd=costs[1], latency_s=1.0, model="m")
    found = verdict(SaysLater(bad, good)).answer
    assert (found.tokens_in, found.tokens_out, found.cost_usd, found.latency_s) == (30, 7, total, 1.5)
    assert (found.value, found.raw, found.model) == ("a", "A!", "m")


def test_what_was_spent_before_a_model_failed_is_kept() -> None:
    class GoesDown(Says):
        async def decide(self, request: DecisionRequest, ctx: Any) -> Any:
            if request.attempt:
                raise ModelUnavailable("timeout: 30 s")
            return Answer("x", tokens_in=10, tokens_out=3)

    found = verdict(GoesDown())
    assert (found.status, found.answer.tokens_in, found.answer.tokens_out) == (Status.ERROR, 10, 3)


def test_a_decision_asked_once_costs_what_its_answer_says() -> None:
    answer = Answer("a", tokens_in=10, cost_usd=None)
    assert verdict(SaysLater(answer)).answer == answer


def test_the_run_fails_when_the_scenario_says_so() -> None:
    with pytest.raises(
        RunFailed, match="decision 5 of 'ann' in phase 'choose' stayed invalid after 2 re-asks: \"x\" is not"
    ):
        verdict(Says("x"), OnInvalid(2, fail=True))


def test_a_policy_may_await_at_one_attempt_and_not_at_the_next() -> None:
    class Mixed(Says):
        def decide(self, request: DecisionRequest, ctx: Any) -> Any:
            later = SaysLater("x").decide(request, ctx)
            if request.attempt == 1:
                later.close()
                return "b"
            return later

    found = verdict(Mixed())
    assert (found.status, found.value) == (Status.RETRIED, "b")


def test_a_model_that_gives_no_reply_is_an_error_and_no_answer() -> None:
    class Down(Says):
        async def decide(self, request: DecisionRequest, ctx: Any) -> Any:
            raise ModelUnavailable("timeout: 30 s")

    found = verdict(Down())
    assert (found.status, found.act, found.answer.raw) == (Status.ERROR, None, "timeout: 30 s")


@pytest.mark.parametrize("policy_class", [Says, SaysLater])
def test_a_bug_in_a_policy_propagates(policy_class: type[Says]) -> None:
    class Buggy(policy_class):  # type: ignore[misc,valid-type]
        def __init__(self) -> None:
            super().__init__()
            self._values = iter(())

    with pytest.raises((StopIteration, RuntimeError)):
        verdict(Buggy())


@pytest.mark.parametrize(
    ("think", "tokens", "ticks"),
    [
        (Think(), (10, 10), 0),
        (Think(2), (10, 10), 2),
        (Think(1, per_token_in=0.1), (15, 99), 3),
        (Think(0, per_token_in=0.1, per_token_out=0.5), (10, 2), 2),
        (Think(0, per_token_out=0.001), (0, 1), 1),
    ],
)
def test_think_time_is_a_function_of_tokens(think: Think, tokens: tuple[int, int], ticks: int) -> None:
    assert think.ticks(Answer(tokens_in=tokens[0], tokens_out=tokens[1]), 1, REQUEST) == ticks


def test_jitter_is_keyed_and_reaches_both_ends() -> None:
    think = Think(1, jitter=3)
    ticks = [think.ticks(Answer(latency_s=99), seed, REQUEST) for seed in range(400)]
    assert ticks == [think.ticks(Answer(), seed, REQUEST) for seed in range(400)]
    assert set(ticks) == {1, 2, 3, 4}
    assert all(70 < ticks.count(value) < 130 for value in set(ticks))


def test_jitter_is_no_draw_that_a_policy_can_make() -> None:
    think = Think(0, jitter=10**9)
    jitter = think.ticks(Answer(), 1, REQUEST)
    assert jitter != int(context(REQUEST).uniform("think") * (10**9 + 1))
    assert jitter == think.ticks(Answer(), 1, REQUEST._replace(seq=12))


def test_another_policy_takes_over_at_its_decision() -> None:
    before, after = Says("a"), Says("b")
    participant = replace(Participant("ann", None, 0, before), later=((5, after),))
    assert [participant.policy_at(seq) for seq in (4, 5, 6)] == [before, after, after]
