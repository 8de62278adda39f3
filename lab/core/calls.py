"""Model calls: what a policy asks of a model, and what comes back.

The recorded unit of a run is the model call (architecture §5.6): a reply is committed when it arrives, and
resume, replay and fork answer a call from the log when its request hash is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol

from lab.core.canonical import canonical, content_hash
from lab.core.captures import Captured, CaptureSpec, Locate
from lab.core.records import NOTHING

Decide = Literal["generate", "score", "both"]
"""How a reply comes about: written token by token, by scoring every legal reply, or both, to compare."""


class SegmentSpan(NamedTuple):
    """Where a named segment stands: characters `start` to `end` of the content of message `message`."""

    name: str
    message: int
    start: int
    end: int


@dataclass(frozen=True)
class ModelRequest:
    """One completion asked of one model; equal requests have equal hashes.

    Attributes:
        model: the model's name as the scenario gives it.
        messages: role and content of each message, in order. A message that a local model wrote also has
            `ids`, the tokens it was made of, so that later prompts continue from tokens and not from text.
        sampling: resolved sampling settings, such as temperature and max_tokens.
        seed: the key of this request, for samplers that take one.
        schema: JSON Schema the reply should follow, or None.
        interventions: in-model changes active during the call, as JSON data.
        choices: every legal reply as text, for models that score replies; empty where they are not finite.
        decide: whether the reply is generated or chosen by score.
        segments: where the named parts of the prompt stand; not part of the hash.
        capture: what to keep of the model's activations; not part of the hash.
        locate: finds the action in a reply, for spans that hang on it; not part of the hash.
    """

    model: str
    messages: tuple[Mapping[str, Any], ...]
    sampling: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    interventions: tuple[Mapping[str, Any], ...] = ()
    choices: tuple[str, ...] = ()
    decide: Decide = "generate"
    segments: tuple[SegmentSpan, ...] = field(default=(), compare=False)
    capture: CaptureSpec | None = field(default=None, compare=False)
    locate: Locate | None = field(default=None, compare=False)

    @cached_property
    def text(self) -> str:
        """The request as canonical JSON; what the log keeps."""
        scoring = {"choices": self.choices, "decide": self.decide} if self.decide != "generate" else {}
        return canonical(
            {
                "model": self.model,
                "messages": self.messages,
                "sampling": self.sampling,
                "seed": self.seed,
                "schema": self.schema,
                "interventions": self.interventions,
                **scoring,
            }
        )

    @cached_property
    def hash(self) -> str:
        """The content address of `text`."""
        return content_hash(self.text)


@dataclass(frozen=True)
class Artifact:
    """A model as it was used.

    Attributes:
        provider: openai, local or mock.
        name: the model's name at its provider.
        fingerprint: hash of its weights, or the version that its provider tells.
        config: architecture, dtype, attention, address …, as JSON data; never a key.
        versions: package to version.
    """

    provider: str
    name: str
    fingerprint: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def id(self) -> str:
        """The content address of all of it."""
        parts = [self.provider, self.name, self.fingerprint, self.config, self.versions]
        return content_hash(canonical(parts))


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """A try that brought no reply: logged as a row, never replayed as an answer.

    Attributes:
        kind: ``rate_limit``, ``server``, ``timeout``, ``connection``, ``refused_request``, ``key``,
            ``overflow`` (the prompt is longer than the model takes), ``malformed``, ``memory`` …
        message: what happened, in one line, without any key.
        latency_s: wall-clock seconds of the try.
        failed: the tries before this last one.
    """

    kind: str
    message: str
    latency_s: float = 0.0
    failed: tuple[ModelFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a model answered, with what it cost.

    Attributes:
        text: the reply.
        reasoning: thinking kept apart from the reply, or None.
        finish: why it ended (``stop``, ``length``, ``refusal`` …), or None.
        tokens_in, tokens_out: counted by the provider, or None.
        cost_usd: None when the price is unknown.
        latency_s: wall-clock seconds; never orders anything.
        facts: what else is worth keeping, as JSON data: what was sent, execution path, cache use …
        prompt_ids, reply_ids: the tokens themselves, where the provider tells them.
        reply_logprobs: log-probability of each of `reply_ids` at temperature 1, nats, where known.
        segment_ids: first token and end of each segment of the request, in its order, where known.
        choice_logprobs: log-probability of each of the request's choices, its terminator included, nats.
        legal_mass: the probability that the model gives to all choices together.
        artifact: the model as it was used.
        captured: what was kept of its activations.
        failed: tries at this call that brought no reply.
    """

    text: str
    reasoning: str | None = None
    finish: str | None = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    latency_s: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    prompt_ids: tuple[int, ...] | None = None
    reply_ids: tuple[int, ...] | None = None
    reply_logprobs: tuple[float, ...] | None = None
    segment_ids: tuple[tuple[int, int] | None, ...] | None = None
    choice_logprobs: Mapping[str, float] | None = None
    legal_mass: float | None = None
    artifact: Artifact | None = None
    captured: Captured | None = field(default=None, compare=False)
    failed: tuple[ModelFailure, ...] = ()


class Model(Protocol):
    """What completes messages: one result for each request, in order, an answer or a failure."""

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """Answer every request; a failure of one never hides the answer of another."""
        ...
