"""The frozen records that travel between environment, engine, policy and log.

The three that are made at every decision are named tuples: a third of the price of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from lab.core.spaces import Space

NOTHING: Mapping[str, Any] = {}


class Status(StrEnum):
    """How a decision came about. The first three are valid; the others leave the action null."""

    OK = "ok"
    REPAIRED = "repaired"
    RETRIED = "retried"
    REFUSED = "refused"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    ERROR = "error"


VALID = frozenset({Status.OK, Status.REPAIRED, Status.RETRIED})


class RunStatus(StrEnum):
    """Where a run stands (architecture §5.7)."""

    RUNNING = "running"
    DONE = "done"
    LIMITED = "limited"
    STOPPED = "stopped"
    FAILED = "failed"


FINISHED = frozenset({RunStatus.DONE, RunStatus.LIMITED})


@dataclass(frozen=True, slots=True)
class Tool:
    """A pure function of the world, frozen at the ask, that a cognition may call.

    `reads_truth` says that its answer depends on what the agent cannot see.
    """

    name: str
    schema: Mapping[str, Any]
    call: Callable[..., Any]
    reads_truth: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """A named part of a rendered prompt, such as ``rules`` or ``observation``."""

    name: str
    text: str


class DecisionRequest(NamedTuple):
    """What an agent is asked: all it may know, and what it may answer.

    True values of hidden variables are never in here.

    Attributes:
        agent: who is asked.
        role: the agent's role in the scenario, or None.
        seq: the decision's place in its run.
        tick: simulated time of the ask.
        phase: the kind of moment, such as ``contribute``.
        observation: JSON data, frozen when asked.
        space: what may be answered.
        ask: how often this agent was asked before in this tick and phase.
        attempt: 0 at first, then the number of the re-ask.
        problem: why the last attempt was refused, or None.
        tools: what a cognition may ask of its world.
    """

    agent: str
    role: str | None
    seq: int
    tick: int
    phase: str
    observation: Mapping[str, Any]
    space: Space
    ask: int = 0
    attempt: int = 0
    problem: str | None = None
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a policy says in full; a policy may return a plain value of the space instead.

    Attributes:
        value: a plain value of the request's space; ignored unless the status is valid.
        raw: the words it came from, None for a scripted policy.
        status: ``ok``, ``repaired``, ``refused``, ``invalid``, ``timeout`` or ``error``.
        tokens_in, tokens_out: tokens of the model calls behind it.
        cost_usd: their price, None when unknown.
        latency_s: their wall-clock seconds.
        model: the model's name, None without one.
        problem: why the status is ``invalid``, in words for the re-ask.
    """

    value: Any = None
    raw: str | None = None
    status: Status = Status.OK
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0
    latency_s: float = 0.0
    model: str | None = None
    problem: str | None = None


class Decision(NamedTuple):
    """One ask and what came of it, as the environment and the log see it.

    `action` is None when the reply was not valid or came too late: then the environment applies the
    non-response that it declares for the phase.
    """

    agent: str
    seq: int
    tick: int
    effect_tick: int
    phase: str
    action: str | None
    args: Mapping[str, Any]
    status: Status
    value: Any = None
    raw: str | None = None

    @property
    def valid(self) -> bool:
        """Whether the agent acted: status ok, repaired or retried."""
        return self.action is not None


@dataclass(frozen=True, slots=True)
class Truth:
    """The true value of a hidden variable at a decision.

    Attributes:
        value: the value, as JSON data.
        posterior: log-odds that an ideal observer of the text gives to the variable's `positive` value.
        visible: whether the value is a function of what the agent saw.
        source: where the value comes from.
    """

    value: Any
    posterior: float | None = None
    visible: bool = False
    source: str = "world"


@dataclass(frozen=True, slots=True)
class TruthSpec:
    """An environment's declaration of a hidden variable it logs.

    Attributes:
        kind: ``state`` (computed from what was seen), ``type`` (a disposition), ``belief`` or ``plan``.
        about: one sentence: what the variable is.
        values: its possible values, or None for a number.
        positive: the value whose log-odds `Truth.posterior` gives.
    """

    kind: str
    about: str
    values: tuple[Any, ...] | None = None
    positive: Any = None


class Event(NamedTuple):
    """What happened in the world; a payoff is kind ``payoff`` and names the decision it rewards."""

    seq: int
    tick: int
    kind: str
    agent: str | None
    target: str | None
    decision: int | None
    value: float | None
    payload: Mapping[str, Any]
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with checkable content: what was said, what is so, what the speaker knew."""

    seq: int
    agent: str
    subject: str
    said: Any
    world: Any
    private: Any


@dataclass(frozen=True, slots=True)
class Measured:
    """One number computed from the log, or None with the reason why it is undefined.

    A `reason` beside a value says what else must be known of it, such as ``by construction: …``.
    """

    name: str
    value: float | None
    agent: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A human value to set beside a measure, with what must be known before comparing."""

    value: str
    source: str
    n: str
    caveat: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as measures see it: its behavior in order, nothing else.

    Attributes:
        agents: the agents' names in scenario order.
        params: the environment's params as JSON data.
        decisions: every decision, by seq.
        events: every event, by seq.
        claims: every claim, by seq.
    """

    agents: tuple[str, ...]
    params: Mapping[str, Any]
    decisions: list[Decision] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MeasureSpec:
    """An environment's declaration of a measure.

    Attributes:
        name: as named in YAML and in the log.
        about: one sentence with the formula in words.
        unit: what one unit of the value is, such as ``share`` or ``points``.
        compute: the pure function of the run's record that yields the values.
        reference: human values to print beside it, where they apply.
    """

    name: str
    about: str
    unit: str
    compute: Callable[[RunRecord], Any]
    reference: tuple[Reference, ...] = ()
