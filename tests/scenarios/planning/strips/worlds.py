"""Tasks to test with, and plans for them that are right, nearly right and wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.core.streams import generator
from scenarios.planning.strips.blocks import DOMAIN_TEXT, random_blocks_task
from scenarios.planning.strips.model import Action, Atom, Condition, Task
from scenarios.planning.strips.pddl import parse_task
from scenarios.planning.strips.search import greedy

if TYPE_CHECKING:
    from numpy.random import Generator

PLANBENCH = Path(__file__).resolve().parents[5] / "shared" / "data" / "planbench"

BLOCKS = DOMAIN_TEXT

DELIVERY = """\
; a robot carries things between rooms: types, constants, negation, equality and costs
(define (domain delivery)
  (:requirements :strips :typing :negative-preconditions :equality :action-costs)
  (:types room thing - object  cup box - thing)
  (:constants hall - room)
  (:predicates (at ?t - thing ?r - room) (robot ?r - room) (holding ?t - thing) (busy)
               (link ?a ?b - room) (locked ?r - room) (broken ?c - cup))
  (:functions (total-cost) - number (distance ?a ?b - room) - number)
  (:action move
    :parameters (?a ?b - room)
    :precondition (and (robot ?a) (link ?a ?b) (not (locked ?b)))
    :effect (and (not (robot ?a)) (robot ?b) (increase (total-cost) (distance ?a ?b))))
  (:action unlock
    :parameters (?r - room)
    :precondition (and (locked ?r) (robot hall) (not (= ?r hall)))
    :effect (and (not (locked ?r)) (increase (total-cost) 5)))
  (:action grab
    :parameters (?t - thing ?r - room)
    :precondition (and (robot ?r) (at ?t ?r) (not (busy)))
    :effect (and (holding ?t) (busy) (not (at ?t ?r)) (increase (total-cost) 1)))
  (:action drop
    :parameters (?t - thing ?r - room)
    :precondition (and (robot ?r) (holding ?t))
    :effect (and (at ?t ?r) (not (holding ?t)) (not (busy)) (increase (total-cost) 1)))
  (:action smash
    :parameters (?c - cup)
    :precondition (and (holding ?c) (not (broken ?c)))
    :effect (broken ?c))
  (:action trade
    :parameters (?x ?y - thing ?r - room)
    :precondition (and (holding ?x) (at ?y ?r) (robot ?r) (not (= ?x ?y)))
    :effect (and (holding ?y) (at ?x ?r) (not (holding ?x)) (not (at ?y ?r)) (increase (total-cost) 1))))
"""


def delivery_problem(rng: Generator) -> str:
    """A problem of the delivery domain with three rooms, two cups and a box, drawn by `rng`."""
    rooms, things = ["hall", "attic", "cellar"], ["c1", "c2", "b1"]
    pairs = [(a, b) for a in rooms for b in rooms]
    lines = [f"(= (distance {a} {b}) {rng.integers(1, 9)})" for a, b in pairs]
    lines += [f"(link {a} {b})" for a, b in pairs if a != b and ("hall" in (a, b) or rng.random() < 0.5)]
    lines += [f"(at {thing} {rng.choice(rooms)})" for thing in things]
    lines += [f"(locked {room})" for room in rooms[1:] if rng.random() < 0.5]
    goal = f"(at c1 {rng.choice(rooms)}) (at b1 {rng.choice(rooms)}) (not (broken c1))"
    goal += " (broken c2)" if rng.random() < 0.5 else ""
    return (
        "(define (problem p) (:domain delivery) (:objects attic cellar - room c1 c2 - cup b1 - box)"
        f"(:init (robot hall) (= (total-cost) 0) {' '.join(lines)})"
        f"(:goal (and {goal})) (:metric minimize (total-cost)))"
    )


def delivery(key: int) -> Task:
    """The delivery task of a stream key."""
    return parse_task(DELIVERY, delivery_problem(generator(key)))


def blocks(key: int, n: int = 4) -> Task:
    """The Blocksworld task of a stream key."""
    return random_blocks_task(n, generator(key))


def problem_text(task: Task) -> str:
    """A Blocksworld task as PDDL."""
    return (
        f"(define (problem p) (:domain {task.domain.name})"
        f"(:objects {' '.join(item.name for item in task.objects)})"
        f"(:init {' '.join(_text(atom) for atom in sorted(task.init))})"
        f"(:goal (and {' '.join(_condition(condition) for condition in task.goal)})))"
    )


def planbench(folder: str) -> list[tuple[Path, Path]]:
    """Every pair of domain and problem file of a PlanBench folder, in the order of the problems' names."""
    if not PLANBENCH.is_dir():
        pytest.skip("../shared/data/planbench")
    return [
        (PLANBENCH / folder / "domain.pddl", file) for file in sorted((PLANBENCH / folder).glob("instance-*"))
    ]


def _condition(condition: Condition) -> str:
    return _text(condition.atom) if condition.holds else f"(not {_text(condition.atom)})"


def _text(atom: Atom) -> str:
    return f"({' '.join(atom)})"


def plans(task: Task, rng: Generator, *, count: int) -> list[tuple[Action, ...]]:
    """Plans of every kind: found ones and random walks, left alone or changed in up to two places."""
    found = greedy(task).plan or ()
    made = []
    for _ in range(count):
        plan = list(found) if found and rng.random() < 0.7 else _walk(task, rng)
        for _ in range(int(rng.integers(3))):
            _mutate(plan, task, rng)
        made.append(tuple(plan))
    return made


def _walk(task: Task, rng: Generator) -> list[Action]:
    state, plan = task.init, []
    for _ in range(int(rng.integers(1, 12))):
        options = task.applicable(state)
        if not options:
            break
        plan.append(options[int(rng.integers(len(options)))])
        state = task.step(state, plan[-1]).state
    return plan


def _mutate(plan: list[Action], task: Task, rng: Generator) -> None:
    place = int(rng.integers(len(plan) + 1))
    kind = int(rng.integers(6))
    if kind == 0 or place == len(plan):
        plan.insert(place, _any_action(task, rng))
    elif kind == 1:
        del plan[place]
    elif kind == 2:
        plan.insert(place, plan[place])
    elif kind == 3:
        other = int(rng.integers(len(plan)))
        plan[place], plan[other] = plan[other], plan[place]
    elif kind == 4 and plan[place].args:
        args = list(plan[place].args)
        args[int(rng.integers(len(args)))] = "nobody" if rng.random() < 0.2 else _any_object(task, rng)
        plan[place] = Action(plan[place].name, tuple(args))
    else:
        name = str(rng.choice(["teleport", plan[place].name]))
        plan[place] = Action(
            name, plan[place].args[:1] if rng.random() < 0.5 else (*plan[place].args, "nobody")
        )


def _any_action(task: Task, rng: Generator) -> Action:
    schema = task.domain.actions[int(rng.integers(len(task.domain.actions)))]
    return Action(schema.name, tuple(_any_object(task, rng) for _ in schema.parameters))


def _any_object(task: Task, rng: Generator) -> str:
    return task.objects[int(rng.integers(len(task.objects)))].name
