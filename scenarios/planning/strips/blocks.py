"""Blocksworld with four operators: the domain, and tasks drawn uniformly over all arrangements."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from math import comb, factorial
from string import ascii_lowercase
from typing import TYPE_CHECKING

from scenarios.planning.strips.model import Atom, Condition, Domain, State, Task, Typed
from scenarios.planning.strips.pddl import parse_domain

if TYPE_CHECKING:
    from numpy.random import Generator

MAX_BLOCKS = 15
"""The most blocks drawn: the number of arrangements fits a 64-bit draw."""

Towers = tuple[tuple[str, ...], ...]
"""Towers of blocks, each from the bottom up, sorted by their bottom block."""

DOMAIN_TEXT = """\
(define (domain blocksworld)
  (:requirements :strips)
  (:predicates (clear ?x) (ontable ?x) (handempty) (holding ?x) (on ?x ?y))
  (:action pick-up
    :parameters (?x)
    :precondition (and (clear ?x) (ontable ?x) (handempty))
    :effect (and (holding ?x) (not (clear ?x)) (not (ontable ?x)) (not (handempty))))
  (:action put-down
    :parameters (?x)
    :precondition (holding ?x)
    :effect (and (clear ?x) (handempty) (ontable ?x) (not (holding ?x))))
  (:action stack
    :parameters (?x ?y)
    :precondition (and (clear ?y) (holding ?x))
    :effect (and (handempty) (clear ?x) (on ?x ?y) (not (clear ?y)) (not (holding ?x))))
  (:action unstack
    :parameters (?x ?y)
    :precondition (and (on ?x ?y) (clear ?x) (handempty))
    :effect (and (holding ?x) (clear ?y) (not (on ?x ?y)) (not (clear ?x)) (not (handempty)))))
"""


@cache
def blocks_domain() -> Domain:
    """The four-operator Blocksworld: pick-up, put-down, stack, unstack."""
    return parse_domain(DOMAIN_TEXT, "blocksworld")


def n_arrangements(blocks: int, towers: int | None = None) -> int:
    """How many ways `blocks` blocks stand in `towers` towers, or in any number of them.

    The Lah numbers C(n-1, k-1) n!/k! (OEIS A105278); their sums are 1, 3, 13, 73, 501, 4051 (OEIS A000262).
    """
    if towers is None:
        return sum(n_arrangements(blocks, count) for count in range(1, blocks + 1))
    return comb(blocks - 1, towers - 1) * factorial(blocks) // factorial(towers)


def random_towers(blocks: int, rng: Generator) -> Towers:
    """An arrangement of `blocks` blocks named a, b, c ..., every one equally likely.

    The number of towers is drawn by its share of the arrangements, then a shuffled row of blocks is cut into
    that many: each arrangement comes of equally many rows, the orders of its towers.

    Args:
        blocks: how many, from 1 to 15.
        rng: what to draw with.
    """
    if not 1 <= blocks <= MAX_BLOCKS:
        raise ValueError(f"blocks must be from 1 to {MAX_BLOCKS}, not {blocks}")
    draw = int(rng.integers(n_arrangements(blocks)))
    towers = 1
    while draw >= n_arrangements(blocks, towers):
        draw -= n_arrangements(blocks, towers)
        towers += 1
    row = [ascii_lowercase[int(index)] for index in rng.permutation(blocks)]
    cuts = sorted(int(cut) + 1 for cut in rng.permutation(blocks - 1)[: towers - 1])
    bounds = zip([0, *cuts], [*cuts, blocks], strict=True)
    return tuple(sorted(tuple(row[low:high]) for low, high in bounds))


def towers_state(towers: Iterable[Iterable[str]]) -> State:
    """The state in which the hand is empty and the blocks stand so, each tower from the bottom up."""
    atoms: set[Atom] = {("handempty",)}
    for tower in towers:
        below = None
        for block in tower:
            atoms.add(("ontable", block) if below is None else ("on", block, below))
            below = block
        if below is not None:
            atoms.add(("clear", below))
    return frozenset(atoms)


def state_towers(state: State) -> Towers:
    """How the blocks of a state stand; a block in the hand is left out."""
    above = {atom[2]: atom[1] for atom in state if atom[0] == "on"}
    towers = []
    for block in sorted(atom[1] for atom in state if atom[0] == "ontable"):
        tower = [block]
        while tower[-1] in above:
            tower.append(above[tower[-1]])
        towers.append(tuple(tower))
    return tuple(towers)


def blocks_task(first: Towers, last: Towers, *, name: str = "blocks") -> Task:
    """The task of building `last` from `first`; the goal says of every block what it stands on."""
    blocks = sorted(block for tower in first for block in tower)
    goal = [atom for atom in sorted(towers_state(last)) if atom[0] in ("on", "ontable")]
    return Task(
        name=name,
        domain=blocks_domain(),
        objects=tuple(Typed(block) for block in blocks),
        init=towers_state(first),
        goal=tuple(Condition(atom) for atom in goal),
    )


def random_blocks_task(blocks: int, rng: Generator, *, name: str = "blocks") -> Task:
    """A task between two different arrangements, every pair equally likely.

    Args:
        blocks: how many, from 2 to 15.
        rng: what to draw with.
        name: of the task.
    """
    if blocks < 2:
        raise ValueError("a task needs at least 2 blocks: one block stands in one way only")
    first = last = random_towers(blocks, rng)
    while last == first:
        last = random_towers(blocks, rng)
    return blocks_task(first, last, name=name)
