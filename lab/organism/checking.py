"""An organism tried anew: on held-out episodes, and in its teacher's place in the world itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from statistics import fmean

from agents.catalog import Catalog
from agents.organisms.cards import card, organism_folder
from agents.organisms.trained import load_trained
from db.store import Store
from lab.analysis.samples import Sample, read_samples
from lab.analysis.stats import Interval, bootstrap_interval
from lab.core.errors import UsageError
from lab.organism.calibration import Judged
from lab.organism.data import (
    Watch,
    held_out_corpus,
    loop_corpus,
    moments,
    simulate,
    taught,
    training_corpus,
)
from lab.organism.recipe import Episodes, Recipe, TrainingLessons, recipe
from lab.organism.training import judge, open_log
from scenarios.load import revise
from scenarios.spec import Scenario

RUNS = 400
"""Episodes of a check unless the caller says otherwise."""

LEVEL = 0.95
"""Chance that all intervals of a check hold at once."""


@dataclass(frozen=True, slots=True)
class LoopMeasure:
    """A measure of the scenario with the scripted agent, and with the organism in its place.

    Attributes:
        measure: its name.
        scripted: mean over the scripted agent's runs.
        interval: where the mean of as many other runs of the scripted agent would lie; the intervals of all
            measures hold at once with chance `LEVEL`.
        organism: mean over the organism's runs, under the same seeds.
        floor: the least mean it may have, in place of the interval; None for none.
    """

    measure: str
    scripted: float
    interval: Interval
    organism: float
    floor: float | None = None

    @property
    def within(self) -> bool:
        """Whether the organism's mean is no less than `floor`, or could be one of the scripted agent's."""
        if self.floor is not None:
            return self.organism >= self.floor
        return self.interval.low <= self.organism <= self.interval.high


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Attributes:
        judged: on held-out episodes.
        loop: the measures in closed loop.
    """

    judged: Judged
    loop: tuple[LoopMeasure, ...]

    @property
    def passed(self) -> bool:
        """Whether it comes near the exact mixture and behaves as its teacher does."""
        return self.judged.passed and all(one.within for one in self.loop)


def check_organism(
    name: str, *, runs: int = RUNS, db: str | None = None, watch: Watch = lambda what, done, of: None
) -> Checked:
    """Judge an organism on runs it never saw, then let it play them.

    Args:
        name: of an organism that has a recipe.
        runs: episodes of both trials.
        db: a database that keeps the runs; without it they are gone afterwards.
        watch: told how far it came.

    Raises:
        UnknownName: when there is no such organism or recipe.
        UsageError: when `runs` are too few for an interval, or the organism cannot be loaded.
        RunFailed: when some run of the organism did not end well.
    """
    made_by = recipe(name)
    organism = load_trained(organism_folder(name))
    if runs < 2:
        raise UsageError(f"{runs} runs: a check needs 2 or more")
    scenario = taught(made_by)
    held_out, loop = held_out_corpus(made_by, episodes=runs), loop_corpus(made_by, episodes=runs)
    own = replace(loop, study=f"{loop.study}-{organism.fingerprint[:8]}")
    with open_log(db) as store:
        simulate(store, held_out, scenario, watch)
        teaching = taught(made_by, *made_by.lessons)
        learned = TrainingLessons(_training_runs(store, made_by, teaching, watch), teaching)
        judged, _ = judge(organism, made_by, list(moments(store, held_out, made_by, scenario)), learned)
        scripted = simulate(store, loop, scenario, watch)
        swapped = simulate(store, own, in_its_place(scenario, made_by), watch)
        arms = (_samples(store, scripted, runs), _samples(store, swapped, runs))
    return Checked(judged, compare(made_by, *arms, seed=loop.root))


def _training_runs(store: Store, made_by: Recipe, scenario: Scenario, watch: Watch) -> Episodes:
    """What the organism learned from, played again; nothing where its recipe does not look at it."""
    if made_by.read is None:
        return ()
    made = card(made_by.name).provenance
    corpus = training_corpus(made_by, seed=made.seed, episodes=made.episodes)
    simulate(store, corpus, scenario, watch)
    return list(moments(store, corpus, made_by, scenario))


def in_its_place(scenario: Scenario, made_by: Recipe) -> Scenario:
    """The scenario with the organism in place of the agent whose acts it learned."""
    policy = f"{{kind: llm, model: local/organisms/{made_by.name}}}"
    return revise(scenario, set_=[f"agents.{made_by.agent}.policy={policy}"], policies=Catalog())


def compare(
    made_by: Recipe, scripted: Sequence[Sample], organism: Sequence[Sample], *, seed: int
) -> tuple[LoopMeasure, ...]:
    """The recipe's measures over the runs of both; one that has no value in some arm is left out.

    The intervals are simultaneous: each has level 1 - (1 - `LEVEL`) / measures (Bonferroni). That of the
    scripted agent's mean is widened by √2, because the organism's mean is drawn as that one is.
    """
    level = 1 - (1 - LEVEL) / len(made_by.measures)
    found = []
    for measure in made_by.measures:
        one, other = _numbers(scripted, measure), _numbers(organism, measure)
        interval = bootstrap_interval(one, level=level, seed=seed)
        if interval is not None and other:
            widened, floor = _widened(interval, fmean(one)), made_by.loop_floors.get(measure)
            found.append(LoopMeasure(measure, fmean(one), widened, fmean(other), floor))
    return tuple(found)


def _widened(interval: Interval, mean: float) -> Interval:
    return Interval(mean - sqrt(2) * (mean - interval.low), mean + sqrt(2) * (interval.high - mean))


def _samples(store: Store, study: str, runs: int) -> list[Sample]:
    return [sample for sample in read_samples(store, study) if sample.replicate < runs]


def _numbers(samples: Sequence[Sample], measure: str) -> list[float]:
    numbers = (sample.number(measure) for sample in samples)
    return [number for number in numbers if number is not None]
