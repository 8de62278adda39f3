from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.streams import generator
from scenarios.planning.strips.blocks import blocks_task
from scenarios.planning.strips.model import Action, Condition, Task, Verdict
from scenarios.planning.strips.pddl import load_task
from scenarios.planning.strips.plans import parse_plan
from tests.scenarios.planning.strips.oracles import Opinion, Tarski, Unified, ours
from tests.scenarios.planning.strips.worlds import (
    BLOCKS,
    DELIVERY,
    blocks,
    delivery,
    delivery_problem,
    planbench,
    plans,
    problem_text,
)
from tests.support.verified import Recorder

SUSSMAN = blocks_task((("a", "c"), ("b",)), (("c", "b", "a"),))
"""c stands on a, and shall be the bottom of the tower c, b, a."""

SOLUTION = parse_plan(
    "unstack(c, a) put-down(c) pick-up(b) stack(b, c) pick-up(a) stack(a, b)".replace(") ", ")\n")
)


def judged(text: str, task: Task = SUSSMAN, *, budget: int | None = None) -> Verdict:
    return task.validate(parse_plan(text), budget=budget)


def test_a_step_leads_to_the_next_state() -> None:
    outcome = SUSSMAN.step(SUSSMAN.init, Action("unstack", ("c", "a")))
    assert outcome.ok
    assert outcome.cost == 1
    assert outcome.why == "ok"
    assert outcome.state == {
        ("holding", "c"),
        ("clear", "a"),
        ("clear", "b"),
        ("ontable", "a"),
        ("ontable", "b"),
    }


@pytest.mark.parametrize(
    ("task", "action", "why"),
    [
        (SUSSMAN, Action("stack", ("c", "a")), "precondition(clear(a))"),
        (SUSSMAN, Action("pick-up", ("a",)), "precondition(clear(a))"),
        (SUSSMAN, Action("throw", ("a",)), "unknown_action"),
        (SUSSMAN, Action("stack", ("a",)), "wrong_arity"),
        (SUSSMAN, Action("stack", ("a", "z")), "unknown_object"),
        (delivery(0), Action("grab", ("hall", "hall")), "type_error"),
        (delivery(0), Action("unlock", ("hall",)), "precondition(not =(hall, hall))"),
    ],
)
def test_an_action_that_cannot_be_done_leaves_the_state_and_says_why(
    task: Task, action: Action, why: str
) -> None:
    outcome = task.step(task.init, action)
    assert not outcome.ok
    assert outcome.why == why
    assert outcome.state == task.init
    assert outcome.cost == 0


def test_a_negative_precondition_names_the_atom_that_is_in_the_way() -> None:
    task = delivery(0)
    state = task.init | {("busy",)}
    thing, room = next(atom[1:] for atom in sorted(task.init) if atom[0] == "at")
    outcome = task.step(state | {("robot", room)}, Action("grab", (thing, room)))
    assert outcome.failed == Condition(("busy",), holds=False)
    assert outcome.why == "precondition(not busy)"


def test_a_plan_that_reaches_the_goal_is_valid() -> None:
    verdict = SUSSMAN.validate(SOLUTION)
    assert verdict.valid
    assert (verdict.executable_prefix, verdict.failed_step, verdict.cost) == (6, None, 6)
    assert verdict.goals_met == SUSSMAN.goal
    assert verdict.why == "ok"


def test_a_plan_stops_at_its_first_bad_step() -> None:
    verdict = judged("unstack(c, a)\nstack(c, a)")
    assert verdict.why == "goal_unmet(on(a, b))"
    verdict = judged("unstack(c, a)\npick-up(b)\nstack(b, c)")
    assert (verdict.why, verdict.executable_prefix, verdict.failed_step) == ("precondition(handempty)", 1, 1)
    assert verdict.state == SUSSMAN.step(SUSSMAN.init, Action("unstack", ("c", "a"))).state


def test_a_line_that_says_no_action_is_a_parse_error() -> None:
    verdict = judged("unstack(c, a)\nI would now stack it")
    assert (verdict.reason, verdict.failed_step, verdict.cost) == ("parse_error", 1, 1)


def test_a_plan_that_costs_more_than_the_budget_stops_where_it_would() -> None:
    assert SUSSMAN.validate(SOLUTION, budget=6).valid
    verdict = SUSSMAN.validate(SOLUTION, budget=5)
    assert (verdict.reason, verdict.executable_prefix, verdict.cost) == ("over_budget", 5, 5)
    assert not verdict.valid


def test_a_goal_that_holds_at_once_needs_no_step() -> None:
    task = blocks_task((("a", "b"),), (("a", "b"),))
    assert task.validate(()).valid
    assert task.solved(task.init)


def test_a_goal_may_ask_for_what_must_not_hold() -> None:
    task = delivery(0)
    assert Condition(("broken", "c1"), holds=False) in task.goals_met(task.init)
    assert Condition(("broken", "c1"), holds=False) not in task.goals_met(task.init | {("broken", "c1")})


@given(st.integers(0, 20), st.integers(0, 10_000), st.booleans())
def test_a_validated_plan_is_its_steps_one_after_another(world: int, key: int, typed: bool) -> None:
    task = (delivery if typed else blocks)(world)
    (plan,) = plans(task, generator(key), count=1)
    state, cost, done = task.init, 0, 0
    for action in plan:
        outcome = task.step(state, action)
        assert outcome.ok == (action in task.applicable(state))
        if not outcome.ok:
            break
        state, cost, done = outcome.state, cost + outcome.cost, done + 1
    verdict = task.validate(plan)
    assert (verdict.state, verdict.cost, verdict.executable_prefix) == (state, cost, done)
    assert verdict.failed_step == (None if done == len(plan) else done)
    assert verdict.valid == (done == len(plan) and task.solved(state))
    assert verdict.goals_met == task.goals_met(state)


def test_a_plan_of_fifty_steps_is_validated_in_a_millisecond() -> None:
    plan = (Action("unstack", ("c", "a")), Action("stack", ("c", "a"))) * 25
    SUSSMAN.validate(plan)
    times = []
    for _ in range(5):
        begun = process_time()
        for _ in range(20):
            SUSSMAN.validate(plan)
        times.append((process_time() - begun) / 20)
    assert min(times) <= 0.001


World = Callable[[int], tuple[Task, str, str]]


def typed_world(key: int) -> tuple[Task, str, str]:
    return delivery(key), DELIVERY, delivery_problem(generator(key))


def block_world(key: int) -> tuple[Task, str, str]:
    task = blocks(key, 3 + key % 3)
    return task, BLOCKS, problem_text(task)


def agree(task: Task, domain: str, problem: str, *, key: int, count: int) -> Iterator[Verdict]:
    """Compare `count` plans with both libraries."""
    judges = (Tarski(domain, problem), Unified(domain, problem))
    for plan in plans(task, generator(key), count=count):
        verdict = task.validate(plan)
        opinion = Opinion(verdict.valid, verdict.failed_step)
        assert [judge.judge(plan) for judge in judges] == [opinion, opinion], [str(step) for step in plan]
        yield verdict


@pytest.mark.parametrize("world", [typed_world, block_world])
@pytest.mark.parametrize("key", [1, 2])
def test_other_libraries_find_the_same_plans_valid_and_the_same_steps_wrong(world: World, key: int) -> None:
    reasons = Counter(verdict.reason for verdict in agree(*world(key), key=100 + key, count=60))
    assert min(reasons["ok"], reasons["precondition"], reasons["goal_unmet"]) > 0


@pytest.mark.parametrize("world", [typed_world, block_world])
def test_the_plan_validator_of_unified_planning_agrees_on_costs_too(world: World) -> None:
    task, domain, problem = world(3)
    judge = Unified(domain, problem)
    for plan in plans(task, generator(103), count=20):
        assert judge.validate(plan) == ours(task, plan), [str(step) for step in plan]


@pytest.mark.verify
def test_other_libraries_agree_on_ten_thousand_plans(verified: Recorder) -> None:
    reasons: Counter[str] = Counter()
    for key in range(50):
        for world in (typed_world, block_world):
            reasons.update(verdict.reason for verdict in agree(*world(key), key=200 + key, count=80))
    for folder in ("logistics", "mystery-blocksworld", "blocksworld-3-12"):
        for domain, problem in planbench(folder)[:10]:
            texts = (domain.read_text(), problem.read_text())
            task = load_task(domain, problem)
            reasons.update(verdict.reason for verdict in agree(task, *texts, key=7, count=80))
    total = sum(reasons.values())
    assert total >= 10_000
    found = ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items()))
    verified.record("plans judged as by tarski and unified-planning", f"{total} of {total}: {found}")


@pytest.mark.verify
def test_the_plan_validator_agrees_on_a_thousand_plans(verified: Recorder) -> None:
    total = 0
    for key in range(20):
        for world in (typed_world, block_world):
            task, domain, problem = world(key)
            judge = Unified(domain, problem)
            for plan in plans(task, generator(300 + key), count=25):
                assert judge.validate(plan) == ours(task, plan), [str(step) for step in plan]
                total += 1
    verified.record(
        "plans judged, and costed, as by unified-planning's plan validator", f"{total} of {total}"
    )
