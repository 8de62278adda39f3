"""Keydoor in words, and as one line of symbols for small models trained on it.

Wording 0 is sentences, with all passages of the maze. Wording 1 is compact and keeps silent about the maze:
``blue CELL green CELL red CELL door COLOR goal CELL start CELL``, then the cells visited since, the present
one last; at most 26 symbols for 14 moves, 22 different ones. A rejected move repeats the cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.planning.keydoor.maze import PASSAGES

WORDINGS = 2
COMPACT = 1

RULES = (
    "There are {routes} routes to walk through one and the same maze, each with new places for keys, goal "
    "and start. The goal is behind a door: it counts only once you have the key of the door's color. "
    "Arriving at that key picks it up; arriving at the goal with it ends the route for one point. Without it "
    "you may walk through the cell of the goal, but nothing happens there. The other two keys are of no use.",
    "You name the cell to go to, one move at a time. It must be joined to your cell by a passage; otherwise "
    "you stay where you are, and the move counts. A route that is not finished in {moves} moves gives "
    "nothing. Use as few moves as you can: they are counted beside the points.",
    "These are all the passages, which can be walked both ways:",
)
REJECTED = {
    "no_answer": "Your last answer named no cell, so you stayed where you were.",
    "no_passage": "No passage leads from here to {move}, so you stayed where you were.",
}


def segments(look: Look, request: DecisionRequest) -> tuple[Segment, ...]:
    """The prompt of a move."""
    seen = request.observation
    if look.wording == COMPACT:
        return (Segment("observation", compact(look, seen)),)
    return (
        Segment("system", f"You walk through a maze of {len(PASSAGES)} cells, looking for keys."),
        Segment("rules", "\n".join(_rules(look, seen))),
        Segment("observation", "\n".join(_observation(look, seen))),
        Segment("question", f"You are in {look.shown(seen['visited'][-1])}. Which cell do you go to?"),
    )


def compact(look: Look, seen: Mapping[str, Any]) -> str:
    """Where everything lies and the cells visited, separated by spaces."""
    places = [word for color, cell in seen["keys"].items() for word in (color, look.shown(cell))]
    door = ("door", seen["door"], "goal", look.shown(seen["goal"]), "start")
    return " ".join((*places, *door, *map(look.shown, seen["visited"])))


def _rules(look: Look, seen: Mapping[str, Any]) -> Iterator[str]:
    moves = len(seen["visited"]) - 1 + seen["moves_left"]
    yield from (rule.format(routes=seen["routes"], moves=moves) for rule in RULES)
    for cell, others in PASSAGES.items():
        yield f"{look.shown(cell)} to {', '.join(map(look.shown, others))}"


def _observation(look: Look, seen: Mapping[str, Any]) -> Iterator[str]:
    keys = ", ".join(f"the {color} key in {look.shown(cell)}" for color, cell in seen["keys"].items())
    yield f"Route {seen['route']} of {seen['routes']}: {keys}."
    yield (
        f"The door is {seen['door']}; the goal is {look.shown(seen['goal'])}; the start is "
        f"{look.shown(seen['start'])}."
    )
    yield f"Cells so far: {' - '.join(map(look.shown, seen['visited']))}."
    yield "You have the key of the door." if seen["has_key"] else "You do not have the key of the door yet."
    if rejected := seen["rejected"]:
        move = look.shown(rejected["move"] or "")
        yield REJECTED[rejected["reason"]].format(move=move)
    yield f"Moves left: {seen['moves_left']}."
