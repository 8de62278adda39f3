"""What captures will take, before they run: bytes kept, and bytes in memory until they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from agents.capture_options import CaptureOptions, capture_bytes, model_shape
from agents.llm import card_of
from agents.models.local.options import options_of
from agents.models.local.shapes import IN_REPLY, KEPT_BYTES, ModelShape
from agents.models.spec import DEFAULT_SAMPLING, ModelSpec, model_spec
from lab.core.captures import CaptureSpec
from scenarios.spec import Scenario

GATHERED_BYTES = 64_000_000
"""About so much of a run waits in memory before it is written."""


class Capturing(NamedTuple):
    """An agent whose activations are kept.

    Attributes:
        agent: its name.
        model: its model.
        spec: what is kept.
        shape: of the model; None where its config is not here yet.
        reply_tokens: most tokens of a reply that wait until its choice is known; 0 where none has to.
    """

    agent: str
    model: ModelSpec
    spec: CaptureSpec
    shape: ModelShape | None
    reply_tokens: int = 0

    @property
    def answer_bytes(self) -> int | None:
        """What one answer takes."""
        return None if self.shape is None else capture_bytes(self.spec, self.shape)

    @property
    def waiting_bytes(self) -> int | None:
        """What the tokens of one reply take until one of them turns out to be the one kept."""
        if self.answer_bytes is None:
            return None
        return self.reply_tokens * self.answer_bytes // max(len(self.spec.spans), 1)


def capturing(scenario: Scenario, *, download: bool = False) -> tuple[Capturing, ...]:
    """The agents of a scenario whose activations are kept.

    Args:
        scenario: a valid one.
        download: fetch the config of a hub repository that is not here, as running it would.
    """
    policies = {agent.name: agent.policy.to_json() for agent in scenario.agents}
    kept = {name: one for name, one in policies.items() if one.get("capture") is not None}
    facts = scenario.agent_facts() if kept else ()
    found = []
    for one in facts:
        if one.name in kept:
            policy = kept[one.name]
            model = model_spec(str(policy["model"]), one.aliases)
            spec = CaptureOptions(**policy["capture"]).spec()
            shape = model_shape(model, download=download)
            found.append(Capturing(one.name, model, spec, shape, _reply_tokens(policy, model, spec)))
    return tuple(found)


def run_bytes(agents: Iterable[Capturing], answers: Mapping[str, float] | None) -> float | None:
    """What a run keeps.

    Args:
        agents: whose activations are kept.
        answers: how often each agent answers in a run; None when that is not known.
    """
    kept = [(one.answer_bytes, one.agent) for one in agents]
    if not kept:
        return 0.0
    if answers is None or any(size is None for size, _ in kept):
        return None
    return sum((size or 0) * answers.get(agent, 0.0) for size, agent in kept)


def most_bytes(agents: Iterable[Capturing], decisions: int | None) -> float | None:
    """No run keeps more: as if every decision were made by the agent that keeps the most."""
    sizes = [one.answer_bytes for one in agents]
    if not sizes:
        return 0.0
    if decisions is None or None in sizes:
        return None
    return decisions * max(size or 0 for size in sizes)


def memory_bytes(agents: Sequence[Capturing], kept: Sequence[float | None], *, in_flight: int) -> int | None:
    """Most bytes in memory in one process: of a batch of every model, and of runs that wait to be written.

    A generated reply is kept whole until it is known which of its tokens decided.

    Args:
        agents: whose activations are kept, of all cells.
        kept: what a run of each cell keeps.
        in_flight: runs at once.
    """
    batches: dict[str, int] = {}
    for one in agents:
        if one.answer_bytes is None:
            return None
        rows = options_of(one.model.options).batch
        replies = min(rows * (one.waiting_bytes or 0), KEPT_BYTES)
        batches[one.model.key] = max(batches.get(one.model.key, 0), rows * one.answer_bytes + replies)
    if None in kept:
        return None
    waiting = max((min(size or 0.0, GATHERED_BYTES) for size in kept), default=0.0)
    return round(sum(batches.values()) + in_flight * waiting)


def _reply_tokens(policy: Mapping[str, Any], model: ModelSpec, spec: CaptureSpec) -> int:
    """Most tokens of a reply that are kept until it ends: none where choices are scored."""
    card = card_of(model)
    decide = card.decide if card else policy.get("decide", "generate")
    if decide == "score" or not spec.vectors or not IN_REPLY & set(spec.spans):
        return 0
    asked = {**DEFAULT_SAMPLING, **model.sampling, **(policy.get("sampling") or {})}
    return int(asked["max_tokens"] or 0)
