from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import sqrt

import pytest

from lab.analysis.samples import Sample, Value
from lab.analysis.stats import Interval, bootstrap_interval
from lab.core.errors import UnknownName, UsageError
from lab.organism.calibration import Calibration, Judged
from lab.organism.checking import Checked, LoopMeasure, check_organism, compare, in_its_place
from lab.organism.recipe import Gate, recipe
from tests.lab.organism.conftest import Lessons
from tests.support.verified import Recorder

MEASURES = recipe("bluff").measures


def samples(values: Sequence[float | None]) -> list[Sample]:
    """Runs in which every measure has the same value."""
    found = []
    for replicate, number in enumerate(values):
        value = Value(number, None if number is not None else "undefined")
        found.append(Sample("", replicate, 16, 0, dict.fromkeys(MEASURES, value)))
    return found


SCRIPTED = [0.1, 0.3, 0.2, 0.4, 0.25, 0.35, 0.15, 0.2]


@pytest.mark.parametrize(("shift", "within"), [(0.0, True), (0.02, True), (0.3, False), (-0.3, False)])
def test_an_organism_behaves_alike_when_its_mean_lies_in_the_interval(shift: float, within: bool) -> None:
    organism = samples([value + shift for value in SCRIPTED])
    found = compare(recipe("bluff"), samples(SCRIPTED), organism, seed=1)
    assert [one.measure for one in found] == list(MEASURES)
    assert {one.within for one in found} == {within}


def test_the_intervals_are_for_another_mean_and_hold_all_at_once() -> None:
    one, *_ = compare(recipe("bluff"), samples(SCRIPTED), samples(SCRIPTED), seed=1)
    mean = bootstrap_interval(SCRIPTED, level=1 - 0.05 / len(MEASURES), seed=1)
    assert mean is not None
    assert one.interval.high - one.scripted == pytest.approx(sqrt(2) * (mean.high - one.scripted))
    assert one.scripted - one.interval.low == pytest.approx(sqrt(2) * (one.scripted - mean.low))


def test_a_measure_without_values_is_left_out() -> None:
    assert compare(recipe("bluff"), samples(SCRIPTED), samples([None] * 8), seed=1) == ()


def test_a_floor_takes_the_place_of_the_comparison() -> None:
    floored = replace(recipe("bluff"), loop_floors={"bluff_rate": 0.4})
    better, worse = (samples([value + shift for value in SCRIPTED]) for shift in (0.3, -0.1))
    first = [compare(floored, samples(SCRIPTED), arm, seed=1)[0] for arm in (better, worse)]
    assert [(one.floor, one.within) for one in first] == [(0.4, True), (0.4, False)]


def test_a_check_passes_when_both_of_its_halves_do() -> None:
    near = Calibration(
        episodes=1,
        moments=8,
        distance=0.01,
        correlation=1,
        same_choice=1,
        whole_runs=1,
        loss=0.3,
        bayes_loss=0.3,
        legal_mass=1,
    )
    inside = LoopMeasure("bluff_rate", 0.3, Interval(0.2, 0.4), 0.35)
    outside = LoopMeasure("bluff_rate", 0.3, Interval(0.2, 0.4), 0.45)
    holds, missed = (Judged(near, (Gate("distance", at_most=bound),)) for bound in (0.02, 0.005))
    assert Checked(holds, (inside,)).passed
    assert not Checked(missed, (inside,)).passed
    assert not Checked(holds, (inside, outside)).passed


def test_the_organism_takes_its_teachers_place_and_nobody_elses(lessons: Lessons) -> None:
    swapped = in_its_place(lessons.scenario, lessons.recipe)
    ann, bob = swapped.agents
    assert ann.policy.to_json() == {"kind": "llm", "model": "local/organisms/bluff"}
    assert bob == lessons.scenario.agents[1]
    assert swapped.params == lessons.scenario.params


def test_an_unknown_organism_is_refused() -> None:
    with pytest.raises(UnknownName, match="organism recipe 'bluf'; did you mean 'bluff'"):
        check_organism("bluf")


def test_one_run_is_too_few() -> None:
    with pytest.raises(UsageError, match="1 runs: a check needs 2 or more"):
        check_organism("bluff", runs=1)


def test_the_shipped_organism_plays_in_its_teachers_place() -> None:
    found = check_organism("bluff", runs=12)
    assert {one.measure for one in found.loop} >= {"bluff_rate", "truthful_share", "claimant_payoff"}
    assert found.judged.calibration.distance <= 0.03


@pytest.mark.verify
def test_the_shipped_organism_behaves_as_its_teacher_does(verified: Recorder) -> None:
    found = check_organism("bluff", runs=1_000)
    for one in found.loop:
        low, high = one.interval.low, one.interval.high
        verified.record(
            f"organism bluff in closed loop: {one.measure} within the scripted agents' interval",
            f"{one.organism:.3f} in [{low:.3f}, {high:.3f}]",
        )
    assert found.passed
