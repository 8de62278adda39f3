"""One world from one scenario: its agents, its limits, its seed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import lab
from lab.core.records import RunStatus
from lab.engine.conductor import Outcome, StopSignal
from lab.runner.compose import Composed, Turn, compose, limits_of
from scenarios.spec import Scenario

SOCIAL = Path(__file__).parents[3] / "scenarios/social"


def loaded(name: str, *settings: str) -> Scenario:
    """A shipped scenario with settings."""
    scenario = lab.load(SOCIAL / name, set_=settings)
    assert isinstance(scenario, Scenario)
    return scenario


def composed(scenario: Scenario, *turns: Turn) -> Composed:
    """A world that logs nowhere."""
    return compose(scenario, run="test", sink=None, stop=StopSignal(), turns=turns)


def conducted(scenario: Scenario, *turns: Turn) -> tuple[Outcome, str]:
    """How a world ended, and its digest."""
    world = composed(scenario, *turns)
    return asyncio.run(world.conductor.conduct()), world.ledger.head


def test_equal_scenarios_make_equal_worlds() -> None:
    assert conducted(loaded("pgg-punish.yaml")) == conducted(loaded("pgg-punish.yaml"))


def test_the_look_changes_no_scripted_behavior() -> None:
    plain = loaded("chicken.yaml", "render.labels=plain")
    shuffled = loaded("chicken.yaml", "render.labels=shuffle")
    assert conducted(plain)[1] == conducted(shuffled)[1]


def test_the_narrower_of_two_tick_limits_holds() -> None:
    outcome, _ = conducted(loaded("pgg-punish.yaml", "limits.ticks=4"))
    assert (outcome.status, outcome.reason) == (RunStatus.LIMITED, "limits.ticks: 4")


def test_limits_are_handed_on() -> None:
    limits = limits_of(loaded("pgg-punish.yaml", "limits.decisions=7", "failures.decisions=0.25"))
    assert (limits.decisions, limits.error_share) == (7, 0.25)


def test_think_time_moves_the_world_but_not_the_choices() -> None:
    rules = ["params.noise=0.0", "agents.ann.policy={kind: scripted, name: tit_for_tat}"]
    rules += ["agents.bob.policy={kind: scripted, name: alternator}"]
    slow = loaded("prisoners-dilemma.yaml", *rules, "agents.ann.think_time=3")
    fast = loaded("prisoners-dilemma.yaml", *rules)
    outcomes = [conducted(slow)[0], conducted(fast)[0]]
    assert outcomes[0].ticks > outcomes[1].ticks
    assert outcomes[0].measures == outcomes[1].measures


def test_a_turn_hands_an_agent_to_another_policy() -> None:
    scenario = loaded("prisoners-dilemma.yaml")
    name = scenario.agents[0].name
    turn = Turn(at=1, policies={name: {"kind": "scripted", "name": "always_defect"}})
    assert conducted(scenario, turn)[1] != conducted(scenario)[1]
