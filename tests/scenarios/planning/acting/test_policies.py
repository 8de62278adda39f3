from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.core.records import DecisionRequest
from scenarios.planning.acting.policies import (
    Greedy,
    Guesser,
    NoisyOptimal,
    Optimal,
    RandomLegal,
    best_action,
    said,
)
from scenarios.planning.acting.tools import menu_of, tools_of
from scenarios.planning.blocksworld.rules import Blocksworld
from scenarios.planning.pddl.rules import Pddl
from tests.scenarios.planning.acting.puzzles import BRIDGE_DOMAIN, BRIDGE_PROBLEM, TOWER, board, bridge
from tests.scenarios.planning.strips.worlds import planbench
from tests.support.verified import Recorder
from tests.support.worlds import Played, play

BRIDGE = {"domain": BRIDGE_DOMAIN, "problem": BRIDGE_PROBLEM, "budget": {"steps": 6}}


def _blocks(policy: Any, seed: int = 1, **params: Any) -> Played:
    return play(Blocksworld, {"blocks": 4, "tasks": 10} | params, {"ann": policy}, seed=seed)


def _steps(played: Played) -> list[Any]:
    return [event.payload for event in played.record.events if event.kind == "step"]


@pytest.mark.parametrize("feedback", ["none", "accept_reject", "legal_list"])
@pytest.mark.parametrize("obfuscate", ["none", "random"])
def test_optimal_solves_every_task_without_regret(feedback: str, obfuscate: str) -> None:
    played = _blocks(Optimal(), feedback=feedback, obfuscate=obfuscate)
    assert (played.measures["success"], played.measures["regret"]) == (1, 0)
    assert (played.measures["optimality_gap"], played.measures["efficiency"]) == (0, 1)


@pytest.mark.parametrize("policy", [RandomLegal, Greedy, NoisyOptimal])
def test_policies_that_ask_the_tools_are_never_rejected(policy: Any) -> None:
    for feedback in ("none", "reason"):
        assert _blocks(policy(), feedback=feedback).measures["rejected_rate"] == 0


def test_a_lapse_costs_and_only_a_lapse_does() -> None:
    assert _blocks(NoisyOptimal(eps=0.0)).measures["regret"] == 0
    little, much = (_blocks(NoisyOptimal(eps=eps)).measures["regret"] or 0 for eps in (0.2, 0.8))
    assert 0 < little < much


def test_greedy_returns_to_no_state_while_it_need_not() -> None:
    greedy, wandering = _blocks(Greedy()), _blocks(RandomLegal())
    assert (greedy.measures["revisit_rate"] or 0) < (wandering.measures["revisit_rate"] or 0)
    assert greedy.measures["success", "ann"] != 0


def test_who_cares_for_the_next_step_alone_crosses_straight_and_pays_for_it() -> None:
    played = play(Pddl, BRIDGE, {"ann": Greedy(), "bob": Optimal()})
    assert played.measures["optimality_gap", "ann"] == pytest.approx(2 / 3)
    assert played.measures["optimality_gap", "bob"] == 0


def test_a_guesser_does_not_repeat_what_it_was_told_is_rejected() -> None:
    steps = _steps(_blocks(Guesser(), budget={"steps": 40}, feedback="accept_reject"))
    refused: set[tuple[int, str]] = set()
    for step in steps:
        assert (step["task"], step["action"]) not in refused
        refused = set() if step["ok"] else refused | {(step["task"], step["action"])}


def test_a_guesser_needs_telling() -> None:
    told, half_told, untold = (
        sum(
            _blocks(Guesser(), seed, feedback=level, blocks=3).measures["rejected_rate"] or 0
            for seed in range(6)
        )
        for level in ("legal_list", "accept_reject", "none")
    )
    assert 0 == told < half_told < untold


def test_in_a_dead_end_every_policy_still_answers() -> None:
    lost = board(bridge())
    lost.take(bridge().applicable(lost.state)[2], "ok")
    assert not lost.puzzle.reachable(lost.state)
    request = DecisionRequest(
        "ann", None, 1, 0, "act", {}, menu_of(bridge()), tools=tools_of(lost, state_is_seen=True)
    )
    assert best_action(request) is None
    assert said(request, None) == request.space.first()


def test_without_exact_distances_the_optimal_policy_says_what_is_missing() -> None:
    tools = tools_of(board(TOWER), state_is_seen=True)[:2]
    request = DecisionRequest("ann", None, 1, 0, "act", {}, menu_of(TOWER), tools=tools)
    with pytest.raises(RuleError, match="'ann' plays by the tool 'optimal_actions'"):
        best_action(request)


@pytest.mark.verify
def test_baselines_reach_what_was_measured_on_planbench(verified: Recorder) -> None:
    pairs = planbench("blocksworld-4-5")
    params = {
        "domain": pairs[0][0].read_text(),
        "problem": [problem.read_text() for _, problem in pairs],
        "budget": {"factor": 3},
    }
    agents = {"random": RandomLegal(), "greedy": Greedy(), "optimal": Optimal()}
    runs = [play(Pddl, params, agents, seed=seed) for seed in range(5)]
    rates = {name: sum(run.measures["success", name] or 0 for run in runs) / len(runs) for name in agents}
    assert rates["random"] == pytest.approx(0.05, abs=0.04)
    assert rates["greedy"] == pytest.approx(0.34, abs=0.06)
    assert rates["optimal"] == 1
    assert all(run.measures["optimality_gap", "optimal"] == 0 for run in runs)
    verified.record(
        f"PlanBench {len(pairs)} tasks of 4-5 blocks, budget 3 C*, 5 seeds: random, greedy, optimal success",
        ", ".join(f"{rates[name]:.2f}" for name in agents),
    )
