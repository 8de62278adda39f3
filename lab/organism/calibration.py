"""How near an organism comes to the exact answer: its chances beside the Bayes mixture, moment by moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from statistics import correlation, fmean

from agents.organisms.trained import Trained
from lab.organism.recipe import Moment, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """An organism beside the exact mixture of its teachers, over held-out moments.

    Attributes:
        episodes: runs behind it.
        moments: decisions in them.
        distance: mean total variation between the two; with two choices this is the mean of |p − Bayes|.
        correlation: of the chances of the first choice.
        same_choice: share of moments in which both find the same choice likeliest.
        loss, bayes_loss: mean surprise at what the teacher did, nats an act.
        legal_mass: least chance that all choices together got.
    """

    episodes: int
    moments: int
    distance: float
    correlation: float
    same_choice: float
    loss: float
    bayes_loss: float
    legal_mass: float


def calibrate(organism: Trained, runs: Sequence[Sequence[Moment]], recipe: Recipe) -> Calibration:
    """The organism's chances, renormalized over the choices, beside what `recipe` expects."""
    moments = [moment for run in runs for moment in run]
    given = organism.probabilities([moment.prompt for moment in moments], recipe.choices)
    chances = [[share / sum(row) for share in row] for row in given]
    expected = [[recipe.expected(moment)[choice] for choice in recipe.choices] for moment in moments]
    acts = [recipe.choices.index(moment.action) for moment in moments]
    pairs = list(zip(chances, expected, strict=True))
    return Calibration(
        episodes=len(runs),
        moments=len(moments),
        distance=fmean(_total_variation(one, other) for one, other in pairs),
        correlation=correlation([one[0] for one, _ in pairs], [other[0] for _, other in pairs]),
        same_choice=fmean(_likeliest(one) == _likeliest(other) for one, other in pairs),
        loss=_loss(chances, acts),
        bayes_loss=_loss(expected, acts),
        legal_mass=min(map(sum, given)),
    )


def _total_variation(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / 2


def _likeliest(chances: Sequence[float]) -> int:
    return max(range(len(chances)), key=chances.__getitem__)


def _loss(chances: Sequence[Sequence[float]], acts: Sequence[int]) -> float:
    return -fmean(log(row[act]) for row, act in zip(chances, acts, strict=True))
