"""Small tasks whose every cost is known by hand, and policies that follow a script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lab
from lab.core.ports import PolicyContext
from lab.core.records import Decision, DecisionRequest
from scenarios.planning.acting.boards import Board, Puzzle
from scenarios.planning.acting.policies import said
from scenarios.planning.strips.blocks import blocks_task
from scenarios.planning.strips.model import Task
from scenarios.planning.strips.pddl import parse_task
from scenarios.spec import Scenario

SHIPPED = Path(__file__).parents[4] / "scenarios" / "planning"

TOWER = blocks_task((("a",), ("b",), ("c",)), (("c", "b", "a"),))
"""Three blocks on the table, to be a tower: four steps, pick up b, stack it, pick up a, stack it."""

TOWER_PLAN = ("pick-up(b)", "stack(b, c)", "pick-up(a)", "stack(a, b)")

BRIDGE_DOMAIN = """
(define (domain bridge)
  (:requirements :strips :typing :action-costs)
  (:types place)
  (:predicates (at ?p - place) (way ?p ?q - place))
  (:functions (length ?p ?q - place) - number (total-cost) - number)
  (:action go
    :parameters (?p ?q - place)
    :precondition (and (at ?p) (way ?p ?q))
    :effect (and (at ?q) (not (at ?p)) (increase (total-cost) (length ?p ?q)))))
"""
BRIDGE_PROBLEM = """
(define (problem cross)
  (:domain bridge)
  (:objects bank ford far pit - place)
  (:init (at bank)
    (way bank ford) (= (length bank ford) 2) (way ford far) (= (length ford far) 1)
    (way bank far) (= (length bank far) 5)
    (way bank pit) (= (length bank pit) 1) (way ford bank) (= (length ford bank) 2))
  (:goal (at far))
  (:metric minimize (total-cost)))
"""
"""Over the ford for 3, straight for 5, or into the pit, from which there is no way: a dead end."""


def bridge() -> Task:
    """The crossing, with costs and a dead end."""
    return parse_task(BRIDGE_DOMAIN, BRIDGE_PROBLEM)


def shipped(name: str, *settings: str) -> Scenario:
    """A scenario of the planning family, changed by ``path=value``."""
    scenario = lab.load(SHIPPED / f"{name}.yaml", set_=settings)
    assert isinstance(scenario, Scenario)
    return scenario


def board(task: Task, *, budget: int = 10, revisits: int | None = None) -> Board:
    """The first of an agent's boards."""
    return Board(Puzzle.of(task), number=1, budget=budget, revisits=revisits)


class Script:
    """Names one action after the other; None is no answer, and after the last there is none."""

    def __init__(self, *lines: str | None) -> None:
        self.lines: Sequence[str | None] = lines
        self.next = 0

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        line = self.lines[self.next] if self.next < len(self.lines) else None
        return None if line is None else said(request, line)

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        self.next += 1
