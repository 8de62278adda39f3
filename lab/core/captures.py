"""Captures: what is kept of a model's activations while it answers, as data that needs no torch.

A policy says in a `CaptureSpec` what to keep; a local model gives it back as `Captured`, one row for each
span of the reply. A span names a function (the token before the choice), never a number, so that rows of
different prompts and models line up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

SPANS = ("pre_action", "pre_choice", "action_first", "action_mean", "action_max", "post")
"""The spans that need no name of their own; `segment(NAME)` is one for each named part of a prompt.

``pre_action`` is the last token of the prompt, ``pre_choice`` the token whose logits first separate the legal
actions, ``action_*`` the tokens that say the action, ``post`` the last token of the reply, read.
"""

Dtype = Literal["auto", "float32", "bfloat16", "float16"]
Origin = Literal["live", "recomputed", "reread"]
"""Of the pass that produced the action; of another pass of the same process over the same tokens, where the
acting pass never computed it; of the logged tokens, read again later."""


@dataclass(frozen=True, slots=True)
class CaptureSpec:
    """What to keep of a model's activations at an answer.

    Attributes:
        sites: names of sites (`probes.sites`), such as ``resid_post``.
        layers: ``all``, ``every4``, ``mid`` or numbers; 0 is the embedding, 1 the first block, -1 the last.
        spans: which tokens; of `SPANS`, or ``segment(NAME)``.
        dtype: kept numbers; ``auto`` keeps what the model computes in.
        scores: files of fitted probes that score every token of the pass, without keeping vectors.
        vectors: whether vectors are kept at all; not with ``tokens: scores``.
    """

    sites: tuple[str, ...] = ("resid_post",)
    layers: str | tuple[int, ...] = "all"
    spans: tuple[str, ...] = ("pre_choice",)
    dtype: Dtype = "auto"
    scores: tuple[str, ...] = ()
    vectors: bool = True


class ActionPlace(NamedTuple):
    """Where a reply says its action, in characters of the reply's text.

    Attributes:
        start, end: the characters of the value.
        separates: the first character at which the legal actions differ; None where any text is legal.
        options: how the legal actions are written there, where they begin alike: their tokens may part before
            their characters do.
    """

    start: int
    end: int
    separates: int | None
    options: tuple[str, ...] = ()


Locate = Callable[[str], ActionPlace | None]
"""The place of the action in a reply's text; None when it says none."""


class SiteShape(NamedTuple):
    """A captured site: its name and layer, and how many numbers a token has there."""

    site: str
    layer: int
    width: int


class CapturedSpan(NamedTuple):
    """One span of one answer.

    Attributes:
        span: its name.
        start, end: its tokens, counted from the first of the prompt; None when there are none.
        token_id: the token read there, where it is one.
        origin: which pass it comes from.
        reason: why there is no row; None when there is one.
    """

    span: str
    start: int | None = None
    end: int | None = None
    token_id: int | None = None
    origin: Origin = "live"
    reason: str | None = None


class TokenScores(NamedTuple):
    """What a probe says at each of some tokens.

    Attributes:
        probe: id of the probe.
        start: number of the first token, counted from the first of the prompt.
        values: a score for every token from there on; NaN where none was computed.
    """

    probe: str
    start: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Captured:
    """What was kept of one answer.

    Attributes:
        spans: every span asked for, in that order.
        sites: every site asked for, in order.
        rows: for each site a torch tensor [spans that have a row, width], on the CPU, in that dtype.
        dtype: of the rows, as torch names it.
        scores: of each probe that scored the tokens.
        facts: what else is known of the capture, as JSON data.
    """

    spans: tuple[CapturedSpan, ...]
    sites: tuple[SiteShape, ...]
    rows: tuple[Any, ...]
    dtype: str
    scores: tuple[TokenScores, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def present(self) -> tuple[CapturedSpan, ...]:
        """The spans that have a row, in the order of the rows."""
        return tuple(span for span in self.spans if span.reason is None)

    @property
    def bytes(self) -> int:
        """What the vectors take."""
        return sum(int(row.nbytes) for row in self.rows)


class CaptureSource(NamedTuple):
    """Which call a capture belongs to, and what read it.

    Attributes:
        run, seq, call, attempt, try_: the key of the model call.
        agent: who decided.
        artifact: the model that was read.
        proxy: whether that is another model than the one that answered.
        logprob_gap: for a reread, the largest difference to the logged log-probabilities, nats.
    """

    run: str
    seq: int
    call: int
    attempt: int
    try_: int
    agent: str
    artifact: str
    proxy: bool = False
    logprob_gap: float | None = None
