from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lab
from lab.core.errors import RuleError, ScenarioError
from lab.core.ports import Seat
from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.acting.policies import Greedy, NoisyOptimal, Optimal, RandomLegal
from scenarios.planning.pddl.rules import Pddl
from scenarios.planning.pddl.spec import PddlParams
from tests.scenarios.planning.acting.puzzles import BRIDGE_DOMAIN, BRIDGE_PROBLEM, SHIPPED, shipped
from tests.support.worlds import play

BRIDGE = {"domain": BRIDGE_DOMAIN, "problem": BRIDGE_PROBLEM}
LONELY = BRIDGE_PROBLEM.replace("(way ford far) (= (length ford far) 1)", "").replace("(way bank far)", "")


def _problems(**given: Any) -> dict[str, str]:
    return dict(Pddl.problems(PddlParams.model_validate(BRIDGE | given), []))


def _switches(count: int) -> tuple[str, str]:
    """A world of 2 ** count states."""
    domain = (
        "(define (domain switches) (:requirements :strips :negative-preconditions) (:predicates (on ?s))"
        "(:action flip :parameters (?s) :precondition (not (on ?s)) :effect (on ?s))"
        "(:action back :parameters (?s) :precondition (on ?s) :effect (not (on ?s))))"
    )
    names = [f"s{place}" for place in range(count)]
    problem = (
        f"(define (problem all) (:domain switches) (:objects {' '.join(names)}) (:init)"
        f"(:goal (and {' '.join(f'(on {name})' for name in names[:4])})))"
    )
    return domain, problem


def test_a_world_without_problems_is_played() -> None:
    assert _problems() == {}
    played = play(Pddl, BRIDGE | {"budget": {"factor": 2}}, {"ann": Optimal()})
    assert played.measures["success"] == 1


def test_a_goal_that_cannot_be_reached_is_refused_with_the_proof() -> None:
    found = _problems(problem=LONELY)
    assert list(found) == ["problem"]
    assert "task 'cross': the goal cannot be reached" in found["problem"]
    assert "(all 3 in reach were looked at)" in found["problem"]


def test_a_goal_that_is_true_at_first_is_solved_without_a_step() -> None:
    params = BRIDGE | {"problem": BRIDGE_PROBLEM.replace("(:goal (at far))", "(:goal (and))")}
    played = play(Pddl, params, {"ann": RandomLegal()})
    assert played.record.decisions == []
    assert played.measures["success"] == 1


def test_a_name_that_no_reply_can_say_is_a_problem_of_the_domain() -> None:
    assert "2go" in _problems(domain=BRIDGE_DOMAIN.replace("(:action go", "(:action 2go"))["domain"]


def test_an_oracle_must_be_allowed_here_too() -> None:
    assert "allow_oracle" in _problems(feedback="oracle")["feedback"]


def test_a_world_too_large_for_exact_costs_is_played_and_its_regret_left_undefined() -> None:
    domain, problem = _switches(14)
    params = {"domain": domain, "problem": problem}
    assert _problems(**params) == {}
    assert "more than 10,000 states" in _problems(**params, feedback="oracle", allow_oracle=True)["feedback"]
    seats = [Seat("ann", None, None, "scripted", "optimal"), Seat("bob", None, None, "scripted", "greedy")]
    (found,) = Pddl.problems(PddlParams.model_validate(params), seats)
    assert found[0] == "agents.ann.policy.name"
    played = play(Pddl, params, {"ann": Greedy()})
    assert (played.measures["success"], played.measures["efficiency"]) == (1, 1)
    assert played.measures["regret"] is None


def test_decisions_are_expected_as_if_all_steps_were_used() -> None:
    params = PddlParams.model_validate(BRIDGE | {"budget": {"factor": 3}})
    assert Pddl.expected_decisions(params, 2) == 2 * 3 * 2


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        ("(define (domain d) (:predicates (p))", "domain:1:"),
        ("nowhere.pddl", "no file"),
    ],
)
def test_a_wrong_domain_is_one_clear_error_before_anything_runs(
    tmp_path: Path, domain: str, words: str
) -> None:
    text = (SHIPPED / "pddl-ferry.yaml").read_text().replace("pddl/examples/ferry.pddl ", f"'{domain}' ")
    problem = str(SHIPPED / "pddl" / "examples" / "ferry-swap.pddl")
    text = text.replace("[pddl/examples/ferry-swap.pddl, pddl/examples/ferry-gather.pddl]", f"'{problem}'")
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(ScenarioError) as caught:
        lab.load(tmp_path / "own.yaml")
    (told,) = caught.value.problems
    assert told.path == "params.domain"
    assert words in told.message


@pytest.mark.parametrize(("name", "optimal"), [("ferry", [7, 12]), ("courier", [15])])
def test_the_shipped_worlds_cost_what_was_counted_by_hand(name: str, optimal: list[int]) -> None:
    scenario = shipped(f"pddl-{name}")
    params = PddlParams.model_validate_json(scenario.environment_params().model_dump_json())
    assert [puzzle.optimal for puzzle in params.puzzles()] == optimal


def test_in_the_courier_world_a_lapse_can_lose_the_goal() -> None:
    params = shipped("pddl-courier").params
    lost = [
        play(Pddl, params, {"ann": NoisyOptimal(eps=0.5)}, seed=seed).measures["lost_rate"]
        for seed in range(10)
    ]
    assert 0 < sum(map(bool, lost)) < 10


def test_a_policy_that_needs_the_exact_solver_is_told_from_where_on_there_is_none() -> None:
    domain, problem = _switches(14)
    params = {"domain": domain, "problem": problem, "budget": {"steps": 5}}
    with pytest.raises(RuleError, match="at most 10,000 states"):
        play(Pddl, params, {"ann": Optimal()})


def test_what_the_checks_explored_is_not_explored_again_by_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    params = PddlParams.model_validate(BRIDGE)
    assert list(Pddl.problems(params, [])) == []
    monkeypatch.setattr(Puzzle, "of", None)
    assert play(Pddl, BRIDGE, {"ann": Optimal()}).measures["success"] == 1


def test_a_large_world_whose_goal_is_proved_out_of_reach_is_refused() -> None:
    domain, problem = _switches(14)
    goal = "(:goal (and (on s0) (not (on s0)) (loose)))"
    text = problem.partition("(:goal")[0] + goal + ")"
    found = _problems(
        domain=domain.replace("(on ?s))(:action flip", "(on ?s) (loose))(:action flip"),
        problem=text,
        budget={"steps": 5},
    )
    assert found == {"problem": "task 'all': the goal cannot be reached from the first state"}
