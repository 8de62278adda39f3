from __future__ import annotations

from itertools import product

import pytest

from lab.core.streams import generator
from scenarios.planning.strips import grounding
from scenarios.planning.strips.grounding import TooManyActions, ground, ground_all
from scenarios.planning.strips.model import Action, Condition, State, Task
from scenarios.planning.strips.pddl import parse_task
from tests.scenarios.planning.strips.worlds import blocks, delivery


def brute_force(task: Task, state: State) -> list[Action]:
    """Every schema with every object in every place, tried."""
    names = [item.name for item in task.objects]
    return sorted(
        action
        for schema in task.domain.actions
        for args in product(names, repeat=len(schema.parameters))
        if task.step(state, action := Action(schema.name, args)).ok
    )


@pytest.mark.parametrize("task", [*map(delivery, range(6)), *map(blocks, range(3))])
def test_what_is_applicable_is_what_trying_everything_finds(task: Task) -> None:
    rng, state = generator(1), task.init
    for _ in range(8):
        found = list(task.applicable(state))
        assert found == brute_force(task, state)
        if found:
            state = task.step(state, found[int(rng.integers(len(found)))]).state


def test_static_preconditions_prune() -> None:
    task = delivery(0)
    moves = [a.action for a in task.grounding.actions if a.action.name == "move"]
    links = {atom[1:] for atom in task.init if atom[0] == "link"}
    assert {move.args for move in moves} == links


def test_a_static_precondition_without_arguments_rules_out_the_whole_action() -> None:
    domain = "(define (domain d) (:predicates (on) (q)) (:action x :precondition (on) :effect (q)))"
    problem = "(define (problem p) (:domain d) (:init {}) (:goal (q)))"
    assert parse_task(domain, problem.format("")).grounding.actions == ()
    assert len(parse_task(domain, problem.format("(on)")).grounding.actions) == 1


def test_equality_and_missing_costs_block() -> None:
    task = delivery(0)
    unlock = ground(task.domain.by_name["unlock"], ["hall"], task.costs)
    assert unlock.blocked == Condition(("=", "hall", "hall"), holds=False)
    move = ground(task.domain.by_name["move"], ["hall", "attic"], {})
    assert move.blocked == Condition(("distance", "hall", "attic"))
    assert ground(task.domain.by_name["move"], ["hall", "attic"], None).cost == 1


def test_too_many_actions_are_one_clear_error() -> None:
    with pytest.raises(TooManyActions, match="more than 10 ground actions, seen at 'pick-up'"):
        ground_all(blocks(0, 11), cap=10)


def test_bindings_that_come_to_nothing_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "MAX_TRIES", 1_000)
    objects = " ".join(f"o{i}" for i in range(40))
    task = parse_task(
        "(define (domain d) (:predicates (p ?a ?b) (q)) (:action x :parameters (?a ?b ?c ?d)"
        ":precondition (and (p ?a ?b) (p ?b ?c) (p ?c ?d) (p ?d ?a)) :effect (q)))",
        f"(define (problem p) (:domain d) (:objects {objects}) (:init"
        + "".join(f"(p o{i} o{j})" for i in range(40) for j in range(i + 1, 40))
        + ")(:goal (q)))",
    )
    with pytest.raises(TooManyActions, match="action 'x' has too many ways to bind its 4 parameters"):
        task.applicable(task.init)


def test_an_action_without_preconditions_is_always_there() -> None:
    task = parse_task(
        "(define (domain d) (:predicates (q) (r)) (:action x :effect (q)) (:action y :precondition (not (q))"
        ":effect (r)))",
        "(define (problem p) (:domain d) (:init) (:goal (q)))",
    )
    assert task.applicable(task.init) == (Action("x"), Action("y"))
    assert task.applicable(frozenset({("q",)})) == (Action("x"),)
