"""Model calls: what a policy asks of a model, and what comes back.

The recorded unit of a run is the model call (architecture §5.6): a reply is committed when it arrives, and
resume, replay and fork answer a call from the log when its request hash is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from lab.core.canonical import canonical, content_hash
from lab.core.records import NOTHING


@dataclass(frozen=True)
class ModelRequest:
    """One completion asked of one model; equal requests have equal hashes.

    Attributes:
        model: the model's name as the scenario gives it.
        messages: role and content of each message, in order.
        sampling: resolved sampling settings, such as temperature and max_tokens.
        seed: the key of this request, for samplers that take one.
        schema: JSON Schema the reply should follow, or None.
        interventions: in-model changes active during the call, as JSON data.
    """

    model: str
    messages: tuple[Mapping[str, str], ...]
    sampling: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None
    schema: Mapping[str, Any] | None = None
    interventions: tuple[Mapping[str, Any], ...] = ()

    @cached_property
    def text(self) -> str:
        """The request as canonical JSON; what the log keeps."""
        return canonical(
            {
                "model": self.model,
                "messages": self.messages,
                "sampling": self.sampling,
                "seed": self.seed,
                "schema": self.schema,
                "interventions": self.interventions,
            }
        )

    @cached_property
    def hash(self) -> str:
        """The content address of `text`."""
        return content_hash(self.text)


@dataclass(frozen=True, slots=True)
class ModelReply:
    """What a model answered, with what it cost.

    Attributes:
        text: the reply.
        reasoning: thinking kept apart from the reply, or None.
        finish: why it ended (``stop``, ``length`` …), or None.
        tokens_in, tokens_out: counted by the provider, or None.
        cost_usd: None when the price is unknown.
        latency_s: wall-clock seconds; never orders anything.
        facts: what else is worth keeping, as JSON data.
    """

    text: str
    reasoning: str | None = None
    finish: str | None = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    cost_usd: float | None = None
    latency_s: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class ModelFailure:
    """A try that brought no reply: logged as a row, never replayed as an answer."""

    kind: str
    message: str
    latency_s: float = 0.0


class Model(Protocol):
    """What completes messages: one result for each request, in order, an answer or a failure."""

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """Answer every request; a failure of one never hides the answer of another."""
        ...
