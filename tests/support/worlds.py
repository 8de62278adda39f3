"""Play one world in memory: no YAML, no database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.core.ports import Policy, Seat, Sink
from lab.core.records import RunRecord, RunStatus
from lab.engine.calls import Calls, Journal
from lab.engine.conductor import Conductor, Limits, LiveChange, Outcome, StopSignal
from lab.engine.ledger import NOTHING_RECORDED, Ledger, Recorded
from lab.engine.seats import OnInvalid, Participant, Think
from lab.engine.world import SimWorld
from scenarios.environment import Environment
from scenarios.look import Look


@dataclass(frozen=True)
class Played:
    """A finished world: its record, its measures by name (per agent by (name, agent)) and its digest."""

    record: RunRecord
    measures: Mapping[Any, float | None]
    digest: str
    status: RunStatus
    outcome: Outcome
    world: SimWorld


def make_world(
    environment: type[Environment[Any]],
    params: Mapping[str, Any],
    agents: Mapping[str, Policy],
    *,
    seed: int = 1,
    look: Look | None = None,
    roles: Mapping[str, str] | None = None,
    agent_params: Mapping[str, Mapping[str, Any]] | None = None,
    think: Mapping[str, Think] | None = None,
    on_invalid: OnInvalid | None = None,
    max_ticks: int = 100_000,
    sink: Sink | None = None,
    recorded: Recorded = NOTHING_RECORDED,
    later: Mapping[str, Policy] | None = None,
    later_from: int = 0,
    kinds: Mapping[str, str] | None = None,
) -> SimWorld:
    """A world ready to be conducted."""
    names = list(agents)
    given = agent_params or {}
    seats = [
        Seat(
            name,
            (roles or {}).get(name),
            environment.AgentParams.model_validate(dict(given.get(name, {}))),
            (kinds or {}).get(name, "scripted"),
        )
        for name in names
    ]
    participants = [
        Participant(
            name=name,
            role=(roles or {}).get(name),
            position=position,
            policy=agents[name],
            on_invalid=on_invalid or OnInvalid(),
            think=(think or {}).get(name),
            later=((later_from, later[name]),) if later and name in later else (),
        )
        for position, name in enumerate(names)
    ]
    spec = environment.Params.model_validate(dict(params))
    ledger = Ledger("test", sink, RunRecord(tuple(names), spec.model_dump(mode="json")), recorded)
    world = SimWorld(seed=seed, participants=participants, ledger=ledger, max_ticks=max_ticks)
    world.begin(environment(params=spec, seats=seats, world=world, look=look or Look()))
    return world


def conduct(
    world: SimWorld,
    *,
    limits: Limits | None = None,
    journal: Journal | None = None,
    sink: Sink | None = None,
    change: LiveChange | None = None,
    stop: StopSignal | None = None,
) -> Played:
    """Play a world to its end."""
    calls = Calls("test", sink, journal or Journal())
    conductor = Conductor(world, calls, limits or Limits(), stop or StopSignal(), [change] if change else [])
    outcome = asyncio.run(conductor.conduct())
    measures = {
        (measured.name if measured.agent is None else (measured.name, measured.agent)): measured.value
        for measured in outcome.measures
    }
    record = world.ledger.record
    return Played(record, measures, world.ledger.head, outcome.status, outcome, world)


def play(
    environment: type[Environment[Any]],
    params: Mapping[str, Any],
    agents: Mapping[str, Policy],
    *,
    sink: Sink | None = None,
    limits: Limits | None = None,
    journal: Journal | None = None,
    change: LiveChange | None = None,
    stop: StopSignal | None = None,
    **options: Any,
) -> Played:
    """Play a world from scratch; `options` as in `make_world`."""
    world = make_world(environment, params, agents, sink=sink, **options)
    return conduct(world, limits=limits, journal=journal, sink=sink, change=change, stop=stop)


def decisions_of(played: Played, agent: str, phase: str | None = None) -> Sequence[Any]:
    """The plain values one agent chose, in order."""
    return [
        decision.value
        for decision in played.record.decisions
        if decision.agent == agent and phase in (None, decision.phase)
    ]
