"""Participants: who decides for an agent, how long it thinks, and what becomes of a bad reply."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any, NamedTuple

from lab.core.canonical import canonical, clean_text, shown
from lab.core.errors import ModelUnavailable, RuleError, RunFailed
from lab.core.ports import Policy, PolicyContext
from lab.core.records import VALID, Answer, DecisionRequest, Status
from lab.core.spaces import Act, SpaceMismatch
from lab.core.streams import stream_key, uniform

ContextFor = Callable[[DecisionRequest], PolicyContext]


@dataclass(frozen=True, slots=True)
class Think:
    """Think time in ticks: a constant, a share per token, and keyed jitter; never wall time.

    ticks = base + ceil(per_token_in · tokens in + per_token_out · tokens out) + uniform{0 … jitter}
    """

    base: int = 0
    per_token_in: float = 0.0
    per_token_out: float = 0.0
    jitter: int = 0

    def ticks(self, answer: Answer, seed: int, request: DecisionRequest) -> int:
        """How many ticks pass before the reply takes effect."""
        tokens = self.per_token_in * answer.tokens_in + self.per_token_out * answer.tokens_out
        ticks = self.base + math.ceil(tokens)
        if self.jitter:
            key = stream_key(seed, "engine.think", request.agent, request.tick, request.phase, request.ask)
            ticks += int(uniform(key) * (self.jitter + 1))
        return ticks


@dataclass(frozen=True, slots=True)
class OnInvalid:
    """What follows a bad reply: so many re-asks, then abstaining (or the run's failure)."""

    retries: int = 1
    fail: bool = False


@dataclass(slots=True)
class Participant:
    """An agent in a world.

    Attributes:
        position: place in the scenario's agent order, which is the order of a barrier.
        policy: who decides.
        think: how long it takes, None for no time.
        later: policies that take over, each from a decision on, as forks ask; they see all before.
    """

    name: str
    role: str | None
    position: int
    policy: Policy
    on_invalid: OnInvalid = OnInvalid()
    think: Think | None = None
    later: tuple[tuple[int, Policy], ...] = ()

    def policy_at(self, seq: int) -> Policy:
        """The policy that makes decision `seq`."""
        taken = [policy for start, policy in self.later if seq >= start] if self.later else None
        return taken[-1] if taken else self.policy


READY = frozenset({Answer, str, int, float, dict})
"""What policies mostly return: certainly no awaitables, and asking a frozenset is ten times faster."""

PLAIN = Answer()
"""The answer of a policy that returned a plain value: no words, no tokens."""


class Verdict(NamedTuple):
    """A reply judged: a legal act with its plain value, or why there is none."""

    answer: Answer
    status: Status
    act: Act | None
    value: Any
    problem: str | None = None


def judge(request: DecisionRequest, reply: Any) -> Verdict:
    """The verdict on what a policy returned; a reply outside the space is invalid, never guessed at."""
    answer = _storable(reply) if type(reply) is Answer else PLAIN
    value = reply if answer is PLAIN else answer.value
    if type(answer.status) is not Status:
        raise RuleError(f"an answer's status is a lab.core.records.Status, not {answer.status!r}")
    if answer.status not in VALID:
        problem = answer.problem or f"the reply was {answer.status.value}"
        return Verdict(answer, answer.status, None, None, problem=problem)
    try:
        act = request.space.read(value)
    except SpaceMismatch as mismatch:
        return Verdict(with_raw(answer, value), Status.INVALID, None, None, problem=str(mismatch))
    status = Status.RETRIED if request.attempt else answer.status
    return Verdict(answer, status, act, request.space.value_of(act))


def answer_request(
    participant: Participant, request: DecisionRequest, context: ContextFor
) -> Verdict | Awaitable[Verdict]:
    """The participant's verdict on a request, after the re-asks that the scenario allows.

    Scripted policies answer at once; a policy that awaits a model makes this awaitable.
    """
    policy = participant.policy_at(request.seq)
    reply = policy.decide(request, context(request))
    while True:
        if type(reply) not in READY and isawaitable(reply):
            return _answer_later(participant, policy, request, context, reply)
        verdict = judge(request, reply)
        again = next_attempt(participant, request, verdict)
        if again is None:
            return verdict
        request = again
        reply = policy.decide(request, context(request))


async def _answer_later(
    participant: Participant,
    policy: Policy,
    request: DecisionRequest,
    context: ContextFor,
    reply: Any,
) -> Verdict:
    spent = PLAIN
    while True:
        if isawaitable(reply):
            reply = await _reply_or_error(reply)
        verdict = judge(request, reply)
        spent = _spent(spent, verdict.answer)
        verdict = verdict._replace(answer=spent)
        again = next_attempt(participant, request, verdict)
        if again is None:
            return verdict
        request = again
        reply = policy.decide(request, context(request))


def _spent(before: Answer, answer: Answer) -> Answer:
    """The answer with what the attempts before it took: re-asks take time and tokens too."""
    if before is PLAIN:
        return answer
    costs = (before.cost_usd, answer.cost_usd)
    return replace(
        answer,
        tokens_in=before.tokens_in + answer.tokens_in,
        tokens_out=before.tokens_out + answer.tokens_out,
        cost_usd=None if None in costs else sum(cost or 0.0 for cost in costs),
        latency_s=before.latency_s + answer.latency_s,
    )


async def _reply_or_error(reply: Awaitable[Any]) -> Any:
    try:
        return await reply
    except ModelUnavailable as error:
        return Answer(raw=str(error), status=Status.ERROR)
    except (SystemExit, GeneratorExit) as error:  # these two would leave the event loop itself
        raise RuleError(f"a policy raised {type(error).__name__}") from error


def next_attempt(
    participant: Participant, request: DecisionRequest, verdict: Verdict
) -> DecisionRequest | None:
    """The request to ask again with the reason, or None when the verdict stands.

    Raises:
        RunFailed: when re-asks are used up and the scenario says ``then: fail``.
    """
    if verdict.status is not Status.INVALID:
        return None
    if request.attempt < participant.on_invalid.retries:
        return request._replace(attempt=request.attempt + 1, problem=verdict.problem)
    if participant.on_invalid.fail:
        place = f"decision {request.seq} of '{request.agent}' in phase '{request.phase}'"
        raise RunFailed(f"{place} stayed invalid after {request.attempt} re-asks: {verdict.problem}")
    return None


def with_raw(answer: Answer, value: Any) -> Answer:
    """The answer with the value that is not applied kept as raw text: nothing an agent said is lost."""
    if answer.raw is not None:
        return answer
    try:
        raw = canonical(value)
    except RuleError:
        raw = shown(value)
    return replace(answer, raw=raw)


def _storable(answer: Answer) -> Answer:
    return answer if answer.raw is None else replace(answer, raw=clean_text(answer.raw))
