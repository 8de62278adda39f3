"""The rows of the append-only tables, column by column, as the recorder writes them.

A row is ready to insert: texts are replaced by their content address, JSON is canonical text. `db.tables`
declares the same columns in the same order (tested).
"""

from __future__ import annotations

from typing import NamedTuple


class DecisionRow(NamedTuple):
    """One ask and its answer."""

    run: str
    seq: int
    tick: int
    effect_tick: int
    agent: str
    phase: str
    observation: str
    space: str
    raw: str | None
    action: str | None
    args: str | None
    status: str
    hash: str


class EventRow(NamedTuple):
    """One thing that happened in the world."""

    run: str
    seq: int
    tick: int
    kind: str
    agent: str | None
    target: str | None
    decision: int | None
    value: float | None
    payload: str | None
    text: str | None
    hash: str


class ExposureRow(NamedTuple):
    """One thing an agent was shown, and the decision it was shown for."""

    run: str
    seq: int
    tick: int
    agent: str
    kind: str
    item: str
    rank: int | None
    decision: int | None
    text: str | None
    hash: str


class HiddenRow(NamedTuple):
    """The true value of a hidden variable at a decision."""

    run: str
    seq: int
    agent: str
    name: str
    kind: str
    value: str
    numeric: float | None
    posterior: float | None
    source: str
    visible: int


class ClaimRow(NamedTuple):
    """A statement with checkable content, made in a decision."""

    run: str
    seq: int
    agent: str
    subject: str
    said: str
    world: str
    private: str


class CallRow(NamedTuple):
    """One completion inside a decision, or one failed try at it."""

    run: str
    seq: int
    call: int
    attempt: int
    try_: int
    agent: str
    tick: int
    phase: str
    ask: int
    node: str
    model: str
    request_hash: str
    request: str
    reply: str | None
    reasoning: str | None
    finish: str | None
    seed: int | None
    tokens_in: int | None
    tokens_out: int | None
    cost_usd: float | None
    latency_s: float | None
    facts: str | None
    error: str | None
    artifact: str | None = None
    prompt_ids: str | None = None
    reply_ids: str | None = None
    segments: str | None = None
    parsed: str | None = None
    choice_logprobs: str | None = None
    legal_mass: float | None = None
    reply_logprobs: str | None = None


class ArtifactRow(NamedTuple):
    """A model as it was used."""

    id: str
    provider: str
    name: str
    fingerprint: str | None
    config: str
    versions: str


class MeasureRow(NamedTuple):
    """One number computed from the log."""

    run: str
    agent: str
    name: str
    value: float | None
    reason: str | None
