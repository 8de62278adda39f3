"""What a local model is asked to compute, and what comes of it: tokens in, tokens and log-probabilities out.

A job knows nothing of chat, policies or worlds. Its outcome depends on the job alone, never on the jobs it
happens to share a batch with (in fp32; 16-bit kernels may flip near-ties).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lab.core.calls import Decide


@dataclass(frozen=True, slots=True)
class Job:
    """One completion in tokens.

    Attributes:
        ids: the prompt, special tokens included.
        key: 64-bit key of the sampler's stream.
        order: places the row in a strict batch; the request's hash.
        temperature: 0 takes the likeliest token; else logits are divided by it.
        top_p: nucleus: the smallest set of likeliest tokens whose probabilities sum to at least this.
        top_k: so many likeliest tokens; 0 for all.
        max_tokens: most tokens of the reply.
        ends: tokens that end a reply; the one that did stands last in `reply_ids`.
        stops: says of the reply so far whether a stop text was written; None without stop texts.
        choices: tokens of each legal reply, its terminator included; empty where none are scored.
        decide: whether the reply is generated, chosen by score, or generated and scored too.
    """

    ids: tuple[int, ...]
    key: int
    order: str = ""
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    max_tokens: int = 512
    ends: frozenset[int] = frozenset()
    stops: Callable[[Sequence[int]], bool] | None = None
    choices: tuple[tuple[int, ...], ...] = ()
    decide: Decide = "generate"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job.

    Attributes:
        reply_ids: tokens generated; empty under ``decide: score``.
        finish: ``stop`` when an end token or stop text was written, ``length`` at `max_tokens`, None when
            nothing was generated.
        choice_logprobs: sum of the log-probabilities of each choice's tokens at temperature 1, nats.
        facts: execution path, rows of the batch, cached tokens …, as JSON data.
    """

    reply_ids: tuple[int, ...] = ()
    finish: str | None = None
    choice_logprobs: tuple[float, ...] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class ExecutionPath(Protocol):
    """A way to run jobs on a loaded model; called by one thread at a time."""

    @property
    def name(self) -> str:
        """``reference`` or ``cached``."""
        ...

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """The outcome of every job, in order.

        Raises:
            torch.OutOfMemoryError: when the batch does not fit; the caller halves it and asks again.
        """
        ...
