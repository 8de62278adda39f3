"""A pilot measures calls and prompts with stand-ins, in memory."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.runner.pilot import pilot
from scenarios.spec import Scenario

PGG = Path(__file__).parents[3] / "scenarios/social/pgg-punish.yaml"
ROUNDS = 3


def tried(options: str = "") -> Scenario:
    """The public goods game of three rounds with ann played by a model nobody has here."""
    policy = f"agents.ann.policy={{kind: llm, model: openai/gpt-5-mini{options}}}"
    scenario = lab.load(PGG, set_=[f"params.rounds={ROUNDS}", policy])
    assert isinstance(scenario, Scenario)
    return scenario


@pytest.mark.parametrize(("cognition", "calls"), [("direct", 1), ("react", 2)])
def test_calls_are_counted_with_the_cognition_of_the_agent(cognition: str, calls: int) -> None:
    found = pilot(tried(f", cognition: {cognition}"))
    (use,) = found.uses
    assert (found.decisions, found.whole) == (ROUNDS * 2 * 4, True)
    assert (use.agent, use.calls) == ("ann", ROUNDS * 2 * calls)
    assert use.answers == ROUNDS * 2
    assert use.prompt_chars > use.reply_chars > 0


def test_replies_that_stay_in_later_prompts_are_counted() -> None:
    (remembering,) = pilot(tried()).uses
    (forgetting,) = pilot(tried(", memory: {mode: none}")).uses
    asks = ROUNDS * 2
    assert (remembering.own_replies, forgetting.own_replies) == (asks * (asks - 1) // 2, 0)
    assert remembering.prompt_chars > forgetting.prompt_chars


def test_a_scenario_of_rules_calls_no_model() -> None:
    scenario = lab.load(PGG)
    assert isinstance(scenario, Scenario)
    assert pilot(scenario).uses == ()


def test_a_long_pilot_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.runner.pilot.LONGEST_S", 1e-9)
    assert not pilot(tried()).whole
