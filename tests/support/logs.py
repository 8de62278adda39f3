"""Small logs of shipped games."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lab.api import run

SHIPPED = Path(__file__).parents[2] / "scenarios" / "social"


class Games(NamedTuple):
    """A log and the runs in it."""

    database: str
    punished: str
    unpunished: str
    bluff: str


def play_games(database: Path) -> Games:
    """Two public goods games of one seed, with and without effective punishment, and one of bluff."""
    pgg = SHIPPED / "pgg-punish.yaml"
    punished, unpunished = (
        run(pgg, seed=7, set_=[f"params.punish.effect={effect}"], db=str(database)).id for effect in (3, 0)
    )
    bluff = run(SHIPPED / "bluff.yaml", seed=3, db=str(database)).id
    return Games(str(database), punished, unpunished, bluff)
