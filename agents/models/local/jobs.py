"""What a local model is asked to compute, and what comes of it: tokens in, tokens and log-probabilities out.

A job knows nothing of chat, policies or worlds. Its outcome depends on the job alone, never on the jobs it
happens to share a batch with (in fp32; 16-bit kernels may flip near-ties).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from lab.core.calls import Decide
from lab.core.captures import Captured, CaptureSpec


class Said(NamedTuple):
    """A reply, however it came about.

    Attributes:
        ids: its tokens, the end token included.
        choice: number of the choice that was taken by score; None where the reply was generated.
    """

    ids: Sequence[int]
    choice: int | None = None


class TokenPlace(NamedTuple):
    """Where a reply says its action, in tokens of the reply.

    Attributes:
        start, end: the tokens that hold the action.
        separates: the token that holds the first character at which the legal actions differ, which may be
            the one after the reply's last; None where any text is legal.
    """

    start: int
    end: int
    separates: int | None


@dataclass(frozen=True, slots=True)
class JobCapture:
    """What to keep of the model's activations.

    Attributes:
        spec: sites, spans, dtype and probes, as the request names them.
        segments: first token and end of each named part of the prompt; None where it does not stand there.
        place: finds the action in a reply; a sentence says why there is none.
    """

    spec: CaptureSpec
    segments: Mapping[str, tuple[int, int] | None]
    place: Callable[[Said], TokenPlace | str]


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
        capture: what to keep of the model's activations; None for nothing.
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
    capture: JobCapture | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job.

    Attributes:
        reply_ids: tokens generated; empty under ``decide: score``.
        finish: ``stop`` when an end token or stop text was written, ``length`` at `max_tokens`, None when
            nothing was generated.
        reply_logprobs: log-probability of each of these tokens at temperature 1, nats; None when nothing was
            generated.
        choice_logprobs: sum of the log-probabilities of each choice's tokens at temperature 1, nats.
        captured: what was kept of the model's activations; None when nothing was asked for.
        facts: execution path, rows of the batch, cached tokens …, as JSON data.
    """

    reply_ids: tuple[int, ...] = ()
    finish: str | None = None
    choice_logprobs: tuple[float, ...] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    reply_logprobs: tuple[float, ...] | None = field(default=None, kw_only=True)
    captured: Captured | None = field(default=None, kw_only=True, compare=False)


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
