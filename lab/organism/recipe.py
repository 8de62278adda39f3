"""What an organism is made of: a game, the agent to imitate, the words it reads, the exact answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import tanh
from typing import Any, TypeVar

from agents.organisms.train import Episode, Settings
from agents.organisms.trained import Trained
from lab.core.errors import RuleError
from lab.core.registry import Registry
from scenarios.spec import Scenario

RECIPES = Registry(
    "organism recipe",
    {
        "bluff": "lab.organism.bluff:BLUFF",
        "dealer": "lab.organism.dealer:DEALER",
        "keydoor": "lab.organism.keydoor:KEYDOOR",
        "path": "lab.organism.path:PATH",
        "path-sparse": "lab.organism.path:PATH_SPARSE",
        "visitor": "lab.organism.visitor:VISITOR",
    },
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One decision of the imitated agent.

    Attributes:
        prompt: what the organism reads, as the environment's renderer words it.
        action: what the agent did.
        observation: what the agent was told.
        posterior: log-odds that an ideal observer of the agent's past acts gives to the hidden variable's
            positive value; None where the log has none.
    """

    prompt: str
    action: str
    observation: Mapping[str, Any]
    posterior: float | None


Episodes = Sequence[Sequence[Moment]]
"""Moments in order, episode by episode."""


@dataclass(frozen=True, slots=True)
class Gate:
    """The bound or bounds that a figure must keep.

    Attributes:
        figure: its name, of the calibration or of the recipe's `read`.
        at_most, at_least: the bounds; None for no bound on that side.
    """

    figure: str
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, value: float | None) -> bool:
        """Whether a figure of this value passes; one without a value does not."""
        if value is None:
            return False
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        bounds = (("≥", self.at_least), ("≤", self.at_most))
        return ", ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that was found in an organism.

    Attributes:
        name: as gates name it.
        about: what it is, in a few words.
        value: the number; None where it is undefined.
    """

    name: str
    about: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What a recipe found in an organism beyond its calibration.

    Attributes:
        figures: in the order in which they are printed.
        drawing: a PNG, or None.
    """

    figures: tuple[Figure, ...] = ()
    drawing: bytes | None = None


@dataclass(frozen=True, slots=True)
class TrainingLessons:
    """What an organism was trained on.

    Attributes:
        runs: the training episodes.
        scenario: the game they were played in.
    """

    runs: Episodes
    scenario: Scenario


Read = Callable[[Trained, Episodes, TrainingLessons], ReadOut]
"""Looks into an organism, given the held-out episodes and those it learned from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How an organism is made and judged.

    Attributes:
        name: of the organism.
        about: one sentence: what its hidden variable is.
        scenario: the file below `scenarios/` that scripted agents play.
        agent: the one of them whose acts are learned.
        phases: the moments in which it acts.
        wording: index of the wording the organism reads; each prompt with its act begins the next one.
        choices: every act.
        expected: the chance of each choice given all that the organism can know; a choice that it leaves out
            has none.
        measures: of the scenario; what must come out alike in closed loop.
        episodes: runs of training data.
        settings: size and schedule of the training; a training puts its own seed.
        variable: the hidden variable whose posterior decides what is to be expected; None when none does.
        unit: the key of the observation whose changing value begins a new episode within a run; None when a
            run is one episode.
        gates: what must hold of the figures on held-out episodes, see `calibration`.
        loop_floors: measure to the least mean the organism may have in closed loop, in place of the
            comparison with its teacher.
        read: what else is to be found in it; None for nothing.
        lessons: settings of the scenario, as ``--set`` takes them, in which it is taught but not tried.
        line: what training makes of an episode; None to learn its acts alone.
    """

    name: str
    about: str
    scenario: str
    agent: str
    phases: tuple[str, ...]
    wording: int
    choices: tuple[str, ...]
    expected: Callable[[Moment], Mapping[str, float]]
    measures: tuple[str, ...]
    episodes: int
    settings: Settings
    variable: str | None = None
    unit: str | None = None
    gates: tuple[Gate, ...] = (Gate("distance", at_most=0.02),)
    loop_floors: Mapping[str, float] = field(default_factory=dict)
    read: Read | None = None
    lessons: tuple[str, ...] = ()
    line: Callable[[Episode], Episode] | None = None


K = TypeVar("K")


def mixture(moment: Moment, positive: Mapping[K, float], other: Mapping[K, float]) -> dict[K, float]:
    """The chances of two types' acts, weighted by the posterior of the positive type.

    Raises:
        RuleError: when the log holds no posterior.
    """
    if moment.posterior is None:
        raise RuleError("no posterior of the hidden type is logged: the agent was dealt none")
    weight = (1 + tanh(moment.posterior / 2)) / 2  # the logistic function, which never overflows so
    return {act: weight * chance + (1 - weight) * other[act] for act, chance in positive.items()}


def recipe(name: str) -> Recipe:
    """The recipe of an organism.

    Raises:
        UnknownName: when there is none of that name.
    """
    found: Recipe = RECIPES.load(name)
    return found
