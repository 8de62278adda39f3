"""What an organism is made of: a game, the agent to imitate, the words it reads, the exact answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.registry import Registry

RECIPES = Registry("organism recipe", {"bluff": "lab.organism.bluff:BLUFF"})


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
        variable: the hidden variable whose posterior decides what is to be expected.
        expected: the chance of each choice given all that the organism can know.
        measures: of the scenario; what must come out alike in closed loop.
        episodes: runs of training data.
        steps: optimizer steps.
        gate: largest mean distance from `expected`, see `calibration`.
    """

    name: str
    about: str
    scenario: str
    agent: str
    phases: tuple[str, ...]
    wording: int
    choices: tuple[str, ...]
    variable: str
    expected: Callable[[Moment], Mapping[str, float]]
    measures: tuple[str, ...]
    episodes: int
    steps: int
    gate: float = 0.02


def recipe(name: str) -> Recipe:
    """The recipe of an organism.

    Raises:
        UnknownName: when there is none of that name.
    """
    found: Recipe = RECIPES.load(name)
    return found
