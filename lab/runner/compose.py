"""One world from one scenario: environment, seats, policies and ledger joined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.catalog import Catalog
from lab.core.ports import Policy, Sink
from lab.core.records import RunRecord
from lab.engine.calls import Calls, Journal
from lab.engine.conductor import Conductor, Limits, LiveChange, StopSignal
from lab.engine.ledger import NOTHING_RECORDED, Ledger, Recorded
from lab.engine.seats import OnInvalid, Participant, Think
from lab.engine.world import SimWorld
from scenarios.spec import AgentSpec, Scenario


@dataclass(frozen=True, slots=True)
class Past:
    """What the log holds of a run that is executed again: its rows and its model calls."""

    recorded: Recorded = NOTHING_RECORDED
    journal: Journal = field(default_factory=Journal)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a fork changes: from decision `at` on, other policies, live params, other keys."""

    at: int
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    params: dict[str, Any] | None = None
    reseed: int = 0


@dataclass(frozen=True, slots=True)
class Composed:
    """A world ready to be conducted, with its ledger and its model calls."""

    conductor: Conductor
    ledger: Ledger
    calls: Calls


def compose(
    scenario: Scenario,
    *,
    run: str,
    sink: Sink | None,
    stop: StopSignal,
    past: Past | None = None,
    turns: Sequence[Turn] = (),
    policies: Mapping[str, Policy] | None = None,
    catalog: Catalog | None = None,
) -> Composed:
    """A world of `scenario` under its own seed, logging to `sink`.

    `turns` are what forks changed, from the first ancestor's on, each from its decision on.
    `policies` play agents by name in place of the scenario's own; `catalog` builds those from models that are
    shared with other worlds.
    """
    past = past or Past()
    kind = scenario.environment_class()
    seats = scenario.seats()
    record = RunRecord(tuple(seat.name for seat in seats), scenario.params)
    ledger = Ledger(run, sink, record, past.recorded)
    world = SimWorld(
        seed=scenario.seed,
        participants=_participants(scenario, turns, policies or {}, catalog or Catalog()),
        ledger=ledger,
        max_ticks=max_ticks(scenario),
    )
    look = scenario.look(scenario.seed)
    world.begin(kind(params=scenario.environment_params(), seats=seats, world=world, look=look))
    calls = Calls(run, sink, past.journal)
    changes = [LiveChange(turn.at, turn.params, turn.reseed) for turn in turns]
    return Composed(Conductor(world, calls, limits_of(scenario), stop, changes), ledger, calls)


def max_ticks(scenario: Scenario) -> int:
    """The narrower of the two settings that cap a run's ticks."""
    cap = scenario.clock.max_ticks
    return min(cap, scenario.limits.ticks or cap)


def limits_of(scenario: Scenario) -> Limits:
    """The scenario's limits as the engine takes them; `limits.ticks` is folded into the clock."""
    limits = scenario.limits
    return Limits(
        decisions=limits.decisions,
        tokens=limits.tokens,
        cost_usd=limits.cost_usd,
        wall_s=limits.wall_s,
        ticks_from="clock.max_ticks" if max_ticks(scenario) == scenario.clock.max_ticks else "limits.ticks",
        error_share=scenario.failures.decisions,
    )


def _participants(
    scenario: Scenario, turns: Sequence[Turn], given: Mapping[str, Policy], catalog: Catalog
) -> list[Participant]:
    kind = scenario.environment_class()
    return [
        Participant(
            name=agent.name,
            role=agent.role,
            position=position,
            policy=given.get(agent.name) or catalog.build(agent.policy.to_json(), kind, facts),
            on_invalid=OnInvalid(scenario.on_invalid.retries, scenario.on_invalid.then == "fail"),
            think=_think(agent),
            later=tuple(
                (turn.at, catalog.build(turn.policies[agent.name], kind, facts))
                for turn in turns
                if agent.name in turn.policies
            ),
        )
        for position, (agent, facts) in enumerate(zip(scenario.agents, scenario.agent_facts(), strict=True))
    ]


def _think(agent: AgentSpec) -> Think | None:
    think = Think(**agent.think_time.model_dump())
    return None if think == Think() else think
