from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from typing import cast

import pytest

from agents.organisms.cards import organism_folder
from agents.organisms.trained import Trained, load_trained
from lab.organism.calibration import Judged, calibrate
from lab.organism.recipe import Figure, Gate, Moment
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
    assert found.same_choice == found.whole_runs == 1
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


class Sure:
    """Gives its own choice, or that of the recipe, all the chance there is."""

    def __init__(self, lessons: Lessons, *, wrong_at: set[str]) -> None:
        self.likeliest = {
            moment.prompt: max(chances, key=lambda choice: chances[choice])
            for run in lessons.runs
            for moment in run
            for chances in [lessons.recipe.expected(moment)]
        }
        self.wrong_at = wrong_at

    def probabilities(self, prompts: Sequence[str], choices: Sequence[str]) -> list[tuple[float, ...]]:
        return [
            tuple(
                float((choice == self.likeliest[prompt]) != (prompt in self.wrong_at)) for choice in choices
            )
            for prompt in prompts
        ]


def test_one_wrong_moment_spoils_a_whole_episode_and_its_loss_stays_finite(lessons: Lessons) -> None:
    wrong_at = {lessons.runs[3][5].prompt, lessons.runs[7][6].prompt, lessons.runs[7][7].prompt}
    found = calibrate(cast(Trained, Sure(lessons, wrong_at=wrong_at)), lessons.runs, lessons.recipe)
    assert found.whole_runs == pytest.approx(1 - 2 / len(lessons.runs))
    assert found.same_choice == pytest.approx(1 - 3 / found.moments)
    assert 0 < found.loss < 30


def test_a_choice_that_is_not_expected_has_no_chance_and_one_that_never_varies_no_correlation(
    lessons: Lessons,
) -> None:
    moment = Moment("a", "go", {}, None)
    sure = replace(lessons.recipe, choices=("go", "stay"), expected=lambda moment: {"go": 1.0})

    class Half:
        def probabilities(self, prompts: Sequence[str], choices: Sequence[str]) -> list[tuple[float, ...]]:
            return [(0.5, 0.5) for _ in prompts]

    found = calibrate(cast(Trained, Half()), [[moment], [moment]], sure)
    assert (found.distance, found.correlation, found.whole_runs) == (0.5, None, 1)


def test_judged_passes_when_every_gate_holds_also_those_of_extra_figures(lessons: Lessons) -> None:
    found = calibrate(cast(Trained, Oracle(lessons)), lessons.runs, lessons.recipe)
    near, sharp = Gate("distance", at_most=0.02), Gate("sharpness", at_least=0.9)
    assert Judged(found, (near,)).passed
    assert not Judged(found, (near, sharp)).passed
    assert Judged(found, (near, sharp), (Figure("sharpness", "how sharp", 0.95),)).passed
    assert not Judged(found, (near, sharp), (Figure("sharpness", "how sharp", None),)).passed


def test_knowing_nothing_costs_a_bit_an_act(lessons: Lessons) -> None:
    found = calibrate(cast(Trained, Oracle(lessons, blur=0.999)), lessons.runs, lessons.recipe)
    assert found.loss == pytest.approx(log(2), abs=1e-3)


def test_the_shipped_organism_is_near_the_exact_mixture(lessons: Lessons) -> None:
    organism = load_trained(organism_folder("bluff"))
    found = calibrate(organism, lessons.runs, lessons.recipe)
    assert all(gate.holds(found.distance) for gate in lessons.recipe.gates)
    assert (found.correlation or 0) >= 0.995
    assert found.legal_mass >= 0.98
