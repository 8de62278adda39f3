from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import cast

import pytest

from agents.organisms.cards import organism_folder
from agents.organisms.trained import Trained, load_trained
from lab.organism.calibration import calibrate
from tests.lab.organism.conftest import Lessons


class Oracle:
    """Gives what the recipe expects, pushed towards one half by `blur`, with `wasted` mass on other words."""

    def __init__(self, lessons: Lessons, *, blur: float = 0.0, wasted: float = 0.0) -> None:
        self.expected = {
            moment.prompt: lessons.recipe.expected(moment) for run in lessons.runs for moment in run
        }
        self.blur = blur
        self.wasted = wasted

    def probabilities(self, prompts: Sequence[str], choices: Sequence[str]) -> list[tuple[float, ...]]:
        return [
            tuple(
                (1 - self.wasted) * ((1 - self.blur) * self.expected[prompt][choice] + self.blur / 2)
                for choice in choices
            )
            for prompt in prompts
        ]


def test_the_exact_mixture_has_no_distance(lessons: Lessons) -> None:
    found = calibrate(cast(Trained, Oracle(lessons)), lessons.runs, lessons.recipe)
    assert found.distance == pytest.approx(0, abs=1e-12)
    assert found.same_choice == 1
    assert found.legal_mass == pytest.approx(1)
    assert found.correlation == pytest.approx(1)
    assert found.loss == pytest.approx(found.bayes_loss)
    assert (found.episodes, found.moments) == (len(lessons.runs), 8 * len(lessons.runs))


def test_the_distance_is_the_mean_of_p_minus_bayes(lessons: Lessons) -> None:
    found = calibrate(cast(Trained, Oracle(lessons, blur=0.2)), lessons.runs, lessons.recipe)
    chances = [lessons.recipe.expected(moment)["strong"] for run in lessons.runs for moment in run]
    mean = sum(abs(0.2 * (0.5 - chance)) for chance in chances) / len(chances)
    assert found.distance == pytest.approx(mean)
    assert found.loss > found.bayes_loss


def test_wasted_mass_is_told_and_does_not_count_as_distance(lessons: Lessons) -> None:
    found = calibrate(cast(Trained, Oracle(lessons, wasted=0.4)), lessons.runs, lessons.recipe)
    assert found.distance == pytest.approx(0, abs=1e-12)
    assert found.legal_mass == pytest.approx(0.6)


def test_knowing_nothing_costs_a_bit_an_act(lessons: Lessons) -> None:
    found = calibrate(cast(Trained, Oracle(lessons, blur=0.999)), lessons.runs, lessons.recipe)
    assert found.loss == pytest.approx(log(2), abs=1e-3)


def test_the_shipped_organism_is_near_the_exact_mixture(lessons: Lessons) -> None:
    organism = load_trained(organism_folder("bluff"))
    found = calibrate(organism, lessons.runs, lessons.recipe)
    assert found.distance <= lessons.recipe.gate
    assert found.correlation >= 0.995
    assert found.legal_mass >= 0.98
