"""The keydoor organism (alignment.md O3): it must find the cell to go to first, and the way."""

from __future__ import annotations

from collections.abc import Mapping

from agents.organisms.train import Settings
from lab.organism.recipe import Gate, Moment, Recipe
from scenarios.planning.keydoor.maze import CELLS
from scenarios.planning.keydoor.policies import best_move


def expected_move(moment: Moment) -> Mapping[str, float]:
    """All chance to the teacher's move, which follows from what is seen."""
    return {best_move(moment.observation): 1.0}


KEYDOOR = Recipe(
    name="keydoor",
    about="where it goes first, to the right key or to the goal, in a maze that it was never shown",
    scenario="planning/keydoor.yaml",
    agent="ann",
    phases=("move",),
    wording=1,
    choices=CELLS,
    expected=expected_move,
    measures=("optimal", "completed", "key_visited", "legal"),
    episodes=400,
    settings=Settings(steps=1_800, batch=96, rate=2e-3, layers=4, width=64, heads=4, tied=False),
    unit="route",
    gates=(Gate("whole_runs", at_least=0.98),),
    loop_floors={"optimal": 0.98, "completed": 0.98, "key_visited": 0.98, "legal": 0.98},
    lessons=("params.routes=100",),
)
