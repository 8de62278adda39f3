"""How near an organism comes to the exact answer: its chances beside the Bayes mixture, moment by moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from math import log
from statistics import StatisticsError, correlation, fmean

from agents.organisms.trained import Trained
from lab.organism.recipe import Episodes, Figure, Gate, Recipe

LEAST = 1e-12
"""What counts as the chance of an act to which an organism gave less; its surprise stays finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """An organism beside the exact mixture of its teachers, over held-out moments.

    Attributes:
        episodes: runs, or parts of runs, behind it.
        moments: decisions in them.
        distance: mean total variation between the two; with two choices this is the mean of |p − Bayes|.
        correlation: of the chances of all choices but the last; None where one side's never vary.
        same_choice: share of moments in which both find the same choice likeliest.
        whole_runs: share of episodes in which they do at every moment.
        loss, bayes_loss: mean surprise at what the teacher did, nats an act.
        legal_mass: least chance that all choices together got.
    """

    episodes: int
    moments: int
    distance: float
    correlation: float | None
    same_choice: float
    whole_runs: float
    loss: float
    bayes_loss: float
    legal_mass: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found in an organism, beside what had to hold.

    Attributes:
        calibration: on held-out episodes.
        gates: of the recipe.
        extra: what the recipe's `read` found.
    """

    calibration: Calibration
    gates: tuple[Gate, ...]
    extra: tuple[Figure, ...] = ()

    @property
    def figures(self) -> Mapping[str, float | None]:
        """All numbers by name."""
        return asdict(self.calibration) | {figure.name: figure.value for figure in self.extra}

    @property
    def passed(self) -> bool:
        """Whether every gate holds."""
        return all(gate.holds(self.figures.get(gate.figure)) for gate in self.gates)


def calibrate(organism: Trained, runs: Episodes, recipe: Recipe) -> Calibration:
    """The organism's chances, renormalized over the choices, beside what `recipe` expects."""
    moments = [moment for run in runs for moment in run]
    given = organism.probabilities([moment.prompt for moment in moments], recipe.choices)
    chances = [[share / sum(row) for share in row] for row in given]
    mixtures = [recipe.expected(moment) for moment in moments]
    expected = [[mixture.get(choice, 0.0) for choice in recipe.choices] for mixture in mixtures]
    acts = [recipe.choices.index(moment.action) for moment in moments]
    pairs = list(zip(chances, expected, strict=True))
    same = [_likeliest(one) == _likeliest(other) for one, other in pairs]
    told = iter(same)
    return Calibration(
        episodes=len(runs),
        moments=len(moments),
        distance=fmean(_total_variation(one, other) for one, other in pairs),
        correlation=_correlation(chances, expected),
        same_choice=fmean(same),
        whole_runs=fmean(all(list(islice(told, len(run)))) for run in runs),
        loss=_loss(chances, acts),
        bayes_loss=_loss(expected, acts),
        legal_mass=min(map(sum, given)),
    )


def _total_variation(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / 2


def _correlation(some: Sequence[Sequence[float]], others: Sequence[Sequence[float]]) -> float | None:
    """Over all choices but the last, whose chance follows from the rest."""
    one, other = ([share for row in rows for share in row[:-1]] for rows in (some, others))
    try:
        return correlation(one, other)
    except StatisticsError:
        return None


def _likeliest(chances: Sequence[float]) -> int:
    return max(range(len(chances)), key=chances.__getitem__)


def _loss(chances: Sequence[Sequence[float]], acts: Sequence[int]) -> float:
    return -fmean(log(max(row[act], LEAST)) for row, act in zip(chances, acts, strict=True))
