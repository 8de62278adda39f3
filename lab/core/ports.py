"""The seams between engine, environments, policies and log, as protocols.

Environments and the engine never import each other: an environment sees a `World`, the engine sees an
`EnvironmentPort`, and `lab.runner` joins them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from lab.core.calls import Model, ModelReply, ModelRequest
from lab.core.captures import Captured, CaptureSource
from lab.core.records import (
    Answer,
    Decision,
    DecisionRequest,
    Measured,
    RunRecord,
    Segment,
    Tool,
    TruthSpec,
)
from lab.core.rows import ArtifactRow, CallRow
from lab.core.spaces import Space

if TYPE_CHECKING:
    from numpy.random import Generator as RandomGenerator

Play = Generator[Any, Any, Any]
"""A process of the world: it yields what `ask`, `wait`, `spawn` … return and gets what they bring."""

Observation = Mapping[str, Any]
ReadReply = Callable[[ModelReply], Mapping[str, Any]]
"""What a reply was read as, as JSON data: pure, and computed before the call's row is written."""
PerAgent = Callable[[str], Any]


class Seat(NamedTuple):
    """A participant as the environment sees it.

    Attributes:
        name, role: as in the scenario.
        params: the agent's params.
        policy: the kind of policy that plays it.
        plays: the scripted policy's name or the model, as the scenario names it; empty for neither.
    """

    name: str
    role: str | None
    params: Any
    policy: str = "scripted"
    plays: str = ""


class AgentFacts(NamedTuple):
    """What a policy kind is told of its agent.

    Attributes:
        name, role, persona: as in the scenario.
        seat: the name of its seat in the game, None where the game names none.
        environment: the environment's name in the scenario.
        aliases: the scenario's `models:` as JSON data.
    """

    name: str
    role: str | None = None
    persona: str | None = None
    seat: str | None = None
    environment: str = ""
    aliases: Mapping[str, Mapping[str, Any]] = {}


class Resource(Protocol):
    """Something only `capacity` processes may hold at once, in the order they asked."""

    def acquire(self) -> Any:
        """Yield this to wait for a place."""
        ...

    def release(self) -> None:
        """Give the place back."""
        ...


class World(Protocol):
    """What an environment can do to its world; every method is documented on `scenarios.Environment`."""

    @property
    def now(self) -> int: ...

    def ask(
        self,
        agent: str,
        observation: Observation,
        space: Space,
        *,
        phase: str,
        hidden: Mapping[str, Any] | None = None,
        tools: Sequence[Tool] = (),
        deadline: int | None = None,
    ) -> Any: ...

    def ask_all(
        self,
        agents: Iterable[str],
        observe: PerAgent,
        space: Space | PerAgent,
        *,
        phase: str,
        hidden: PerAgent | None = None,
        tools: PerAgent | None = None,
        deadline: int | None = None,
    ) -> Any: ...

    def wait(self, ticks: int) -> Any: ...

    def spawn(self, process: Play) -> Any: ...

    def first_of(self, *waits: Any) -> Any: ...

    def all_of(self, *waits: Any) -> Any: ...

    def resource(self, capacity: int) -> Resource: ...

    def emit(
        self,
        kind: str,
        *,
        agent: str | None = None,
        target: str | None = None,
        decision: int | None = None,
        value: float | None = None,
        payload: Mapping[str, Any] | None = None,
        text: str | None = None,
    ) -> int: ...

    def expose(
        self, agent: str, kind: str, item: str | int, *, text: str | None = None, rank: int | None = None
    ) -> None: ...

    def claim(self, decision: Decision, subject: str, *, said: Any, world: Any, private: Any) -> None: ...

    def pay(self, agent: str, value: float, *, decision: int | None, why: str | None = None) -> int: ...

    def measure(self, name: str, value: float | None, *, agent: str | None, reason: str | None) -> None: ...

    def rng(self, purpose: str, agent: str | None = None) -> RandomGenerator: ...

    def uniform(self, purpose: str, agent: str | None = None) -> float: ...


class EnvironmentPort(Protocol):
    """What the engine needs of an environment."""

    @property
    def truth(self) -> Mapping[str, TruthSpec]:
        """The hidden variables that asks may carry."""
        ...

    def play(self) -> Play:
        """The world's main process; the world is done when it returns."""
        ...

    def rendered(self, request: DecisionRequest, wording: int | None = None) -> tuple[Segment, ...]:
        """The request in words, in a wording other than the run's where one is named."""
        ...

    def shown(self, option: str) -> str:
        """The name under which an option is shown in this run."""
        ...

    def measured(self, record: RunRecord) -> Iterable[Measured]:
        """Every measure of the finished run."""
        ...

    def change_live(self, params: Mapping[str, Any]) -> None:
        """Change params that are marked live, as a fork asks."""
        ...


class PolicyContext(Protocol):
    """What a policy may use besides its request; valid only during the decision."""

    def key(self, purpose: str = "policy", node: str | None = None) -> int:
        """The 64-bit key of a stream of this agent at this ask; seeds a model's sampler."""
        ...

    def rng(self, purpose: str = "policy") -> RandomGenerator:
        """A keyed generator of this agent at this ask."""
        ...

    def uniform(self, purpose: str = "policy", draw: int = 0) -> float:
        """A keyed number in [0, 1) of this agent at this ask."""
        ...

    def render(self, request: DecisionRequest, *, wording: int | None = None) -> tuple[Segment, ...]:
        """The request in words, as the scenario's renderer says it.

        A `wording` takes the place of the run's; options then keep their own names. Requests of the past may
        be rendered too.
        """
        ...

    def shown(self, option: str) -> str:
        """The name under which an option is shown in this run."""
        ...

    def complete(
        self, model: Model, request: ModelRequest, node: str = "act", *, read: ReadReply | None = None
    ) -> Awaitable[ModelReply]:
        """The model's reply: from the log where it holds one, else asked, then committed.

        What `read` makes of it is logged with it.
        """
        ...


class Policy(Protocol):
    """What turns a request into a decision.

    `decide` may return a plain value of the request's space, an `Answer`, or an awaitable of either.
    `observe` is called with every decision of its agent, in order; a policy keeps no state that this and
    the requests do not rebuild.
    """

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Answer | Any | Awaitable[Any]: ...

    def observe(self, request: DecisionRequest, decision: Decision) -> None: ...


Row = tuple[Any, ...]
"""A row ready to insert: the columns of its class in `lab.core.rows`, in order. A plain tuple, which both
Python and sqlite3 handle a quarter faster than a named one."""


class Batch:
    """The rows of one instant, ready to insert; texts by content address."""

    __slots__ = ("claims", "decisions", "events", "exposures", "hidden", "measures", "texts")

    def __init__(self) -> None:
        self.decisions: list[Row] = []
        self.events: list[Row] = []
        self.exposures: list[Row] = []
        self.hidden: list[Row] = []
        self.claims: list[Row] = []
        self.measures: list[Row] = []
        self.texts: dict[str, str] = {}


class Progress(NamedTuple):
    """Where a run stands after a batch; kept on the run row at every flush.

    `head` and `rows` pin the end of the chain, so that a missing last row is found. Instants 0 … `ticks` - 1
    have passed. `unchained` and its hash count and sum the rows of hidden, claim_act and measure.
    """

    head: str
    rows: int
    ticks: int
    decisions: int
    invalid: int
    unchained: int
    unchained_hash: str


class Sink(Protocol):
    """Where a run's rows go."""

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        """Take a batch; it is durable after the next group commit."""
        ...

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        """Take a model call's row."""
        ...

    def write_artifact(self, row: ArtifactRow) -> None:
        """Take a model's row; one that is known already is no error."""
        ...

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        """Take what was kept of an answer's activations; durable when its run ends, or earlier."""
        ...

    async def committed(self) -> None:
        """Return when everything taken so far is durable, captures aside."""
        ...
