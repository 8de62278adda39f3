"""The base of environments: rules in code, played as processes on the world's clock.

An environment's `play` reads from top to bottom like the rules of its game. It never imports simpy, knows no
wall clock and draws no unkeyed random number; all it does to its world goes through the methods below.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from lab.core.canonical import canonical
from lab.core.ports import Observation, PerAgent, Play, Resource, Seat, World
from lab.core.records import (
    Decision,
    DecisionRequest,
    Measured,
    MeasureSpec,
    Reference,
    RunRecord,
    Segment,
    Tool,
    TruthSpec,
)
from lab.core.spaces import Space
from scenarios.look import Look

if TYPE_CHECKING:
    from numpy.random import Generator


class Spec(BaseModel):
    """Base of params: immutable, strict about types, refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class NoParams(Spec):
    """The params of agents that take none."""


P = TypeVar("P", bound=Spec)


class Environment(Generic[P]):
    """Rules and world state of one game.

    A subclass declares the class attributes and defines `play` and `render`. One instance plays one run.

    Attributes:
        version: raised when a rule changes, so that runs of different rules are never mixed.
        Params: the spec of `params` in YAML.
        AgentParams: the spec of an agent's `params`.
        seats_min, seats_max: how many agents the game takes; None for no upper bound.
        roles: roles an agent may have; empty when the game knows none.
        policies: scripted policies, name to import string.
        non_response: phase to what happens, in words, when an agent does not answer validly.
        truth: hidden variables logged through ``ask(..., hidden=…)``.
        measures: what is computed from the log of every run.
        live: paths in params that a fork may change.
        wordings: how many wordings the renderer has.
        covers: cover stories the renderer knows; the first is the default.
    """

    version: ClassVar[int] = 1
    Params: ClassVar[type[Spec]] = NoParams
    AgentParams: ClassVar[type[Spec]] = NoParams
    seats_min: ClassVar[int] = 1
    seats_max: ClassVar[int | None] = None
    roles: ClassVar[tuple[str, ...]] = ()
    policies: ClassVar[Mapping[str, str]] = {}
    non_response: ClassVar[Mapping[str, str]] = {}
    truth: ClassVar[Mapping[str, TruthSpec]] = {}
    measures: ClassVar[tuple[MeasureSpec, ...]] = ()
    live: ClassVar[tuple[str, ...]] = ()
    wordings: ClassVar[int] = 1
    covers: ClassVar[tuple[str, ...]] = ("neutral",)

    def __init__(self, *, params: P, seats: Sequence[Seat], world: World, look: Look) -> None:
        self.params = params
        self.seats = {seat.name: seat for seat in seats}
        self.agents = tuple(seat.name for seat in seats)
        self.look = look
        self._world = world

    # --- what a subclass defines -------------------------------------------------------------------

    def play(self) -> Play:
        """The rules: the world's main process. The run is done when it returns."""
        raise NotImplementedError

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The request in words: what an agent that reads text is shown."""
        raise NotImplementedError

    @classmethod
    def problems(cls, params: P, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """(path, what is wrong) for rules that hold between params and agents; pydantic checks the rest."""
        yield from ()

    @classmethod
    def expected_decisions(cls, params: P, n_agents: int) -> int:
        """About how many decisions a run takes; `lab batch --dry-run` plans with it."""
        raise NotImplementedError

    @classmethod
    def references(cls, params: P) -> Mapping[str, tuple[Reference, ...]]:
        """The human values to set beside the measures of a game with these params, by measure."""
        return {spec.name: spec.reference for spec in cls.measures if spec.reference}

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        """The name of a seat in the game, by its place in the scenario's order: its role unless redefined.

        An organism plays the seat that its card names.
        """
        return role

    @classmethod
    def label_options(cls, params: P) -> tuple[str, ...]:
        """The options that may be shown under other names, as ``render: {labels: shuffle}`` asks."""
        return ()

    # --- what a subclass uses ----------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The present tick."""
        return self._world.now

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
    ) -> Any:
        """Ask one agent; ``decision = yield self.ask(…)`` brings a `Decision`.

        The observation is frozen now. Asks open at one tick are answered together, unseen by each other.

        Args:
            agent: who is asked; an agent has one open ask at a time.
            observation: all the agent may know, as JSON data.
            space: what it may answer.
            phase: the kind of moment, such as ``contribute``.
            hidden: true values (plain or `Truth`) of variables declared in `truth`; never in the request.
            tools: what a cognition may ask of its world.
            deadline: without a reply after so many ticks the decision is a `timeout`.
        """
        return self._world.ask(
            agent, observation, space, phase=phase, hidden=hidden, tools=tools, deadline=deadline
        )

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
    ) -> Any:
        """Ask several agents at once; ``decisions = yield self.ask_all(…)`` brings a dict by agent.

        `observe`, `hidden`, `tools` and, if it differs between agents, `space` are functions of the agent's
        name.
        The process goes on when the slowest has answered.
        """
        return self._world.ask_all(
            agents, observe, space, phase=phase, hidden=hidden, tools=tools, deadline=deadline
        )

    def wait(self, ticks: int = 1) -> Any:
        """``yield self.wait(3)`` lets three ticks pass."""
        return self._world.wait(ticks)

    def spawn(self, process: Play) -> Any:
        """Start another process; yield what this returns to wait for its end."""
        return self._world.spawn(process)

    def first_of(self, *waits: Any) -> Any:
        """Yield this to go on when one of several asks, waits or processes is over."""
        return self._world.first_of(*waits)

    def all_of(self, *waits: Any) -> Any:
        """Yield this to go on when all of several asks, waits or processes are over."""
        return self._world.all_of(*waits)

    def resource(self, capacity: int = 1) -> Resource:
        """Something only `capacity` processes may hold at once."""
        return self._world.resource(capacity)

    def emit(
        self,
        kind: str,
        *,
        agent: str | None = None,
        target: str | None = None,
        decision: Decision | None = None,
        value: float | None = None,
        text: str | None = None,
        **payload: Any,
    ) -> int:
        """Log an event and return its seq; keyword arguments beyond the named ones are its payload."""
        seq = decision.seq if decision else None
        return self._world.emit(
            kind, agent=agent, target=target, decision=seq, value=value, payload=payload, text=text
        )

    def expose(
        self, agent: str, kind: str, item: str | int, *, text: str | None = None, rank: int | None = None
    ) -> None:
        """Log that `agent` is shown an item; it counts for the agent's next decision."""
        self._world.expose(agent, kind, item, text=text, rank=rank)

    def claim(self, decision: Decision, subject: str, *, said: Any, world: Any, private: Any) -> None:
        """Log that a decision stated something checkable: what it said, what is so, what the speaker knew."""
        self._world.claim(decision, subject, said=said, world=world, private=private)

    def pay(
        self, agent: str, value: float, *, decision: Decision | None = None, why: str | None = None
    ) -> int:
        """Pay an agent; name the decision that the payoff rewards."""
        return self._world.pay(agent, value, decision=decision.seq if decision else None, why=why)

    def measure(
        self, name: str, value: float | None, *, agent: str | None = None, reason: str | None = None
    ) -> None:
        """Log a number that only the world knows; None needs a reason."""
        self._world.measure(name, value, agent=agent, reason=reason)

    def rng(self, purpose: str, agent: str | None = None) -> Generator:
        """The keyed generator of this purpose, agent and tick; the same object within a tick."""
        return self._world.rng(purpose, agent)

    def uniform(self, purpose: str, agent: str | None = None) -> float:
        """One keyed number in [0, 1): equal for equal purpose, agent and tick."""
        return self._world.uniform(purpose, agent)

    # --- what the engine uses ----------------------------------------------------------------------

    def measured(self, record: RunRecord) -> Iterator[Measured]:
        """Every declared measure of a finished run."""
        for spec in self.measures:
            yield from spec.compute(record)

    def rendered(self, request: DecisionRequest, wording: int | None = None) -> tuple[Segment, ...]:
        """The request in the run's wording, or in another one with the options under their own names."""
        if wording is None:
            return self.render(request)
        other = copy.copy(self)
        other.look = replace(self.look, wording=wording, labels={})
        return other.render(request)

    def shown(self, option: str) -> str:
        """The name under which an option is shown in this run."""
        return self.look.shown(option)

    def change_live(self, params: Mapping[str, Any]) -> None:
        """Take new params from here on; the caller has checked that only `live` paths differ."""
        self.params = type(self.params).model_validate_json(canonical(dict(params)))


def mean(values: Sequence[float]) -> float | None:
    """The mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def run_measure(name: str, compute: Callable[[RunRecord], float | None], reason: str) -> Any:
    """A compute function for a measure with one value a run, undefined for `reason` when None."""

    def measured(record: RunRecord) -> Iterator[Measured]:
        value = compute(record)
        yield Measured(name, value, reason=None if value is not None else reason)

    return measured
