"""Episodes for an organism: simulated through the lab, read back by SQL, worded by the game's renderer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from agents.catalog import Catalog
from agents.organisms.train import Episode
from db.store import Store
from db.studies import find_study, study_counts
from lab.analysis.rows import Row, rows
from lab.core.canonical import parse, value_hash
from lab.core.errors import RuleError, RunFailed
from lab.core.records import DecisionRequest, RunRecord, RunStatus
from lab.core.spaces import Choice
from lab.core.streams import stream_key
from lab.engine.ledger import Ledger
from lab.engine.world import SimWorld
from lab.organism.recipe import Moment, Recipe
from lab.runner.execute import Ended
from lab.runner.loop import Brake
from lab.runner.studies import BatchOptions, enter_study, run_study
from scenarios.catalog import ROOT
from scenarios.environment import Environment
from scenarios.load import load_scenario
from scenarios.spec import LimitsSpec, Scenario
from scenarios.study import Seeds, Study

SOURCE = "lab organism"
"""Where a corpus says that it comes from, in place of a file."""

Watch = Callable[[str, int, int], None]
"""Told how far it came: of what, how many are done, of how many."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """Runs of a recipe's scenario: a study of one cell.

    Attributes:
        study: its name in the log.
        root: of its seeds.
        episodes: how many runs.
    """

    study: str
    root: int
    episodes: int


def training_corpus(recipe: Recipe, *, seed: int, episodes: int) -> Corpus:
    """The runs that an organism of this seed learns from."""
    return Corpus(f"organism-{recipe.name}-{seed}", _root(recipe, "training", seed), episodes)


def held_out_corpus(recipe: Recipe, *, episodes: int) -> Corpus:
    """Runs that no organism learns from, the same for all seeds."""
    return Corpus(f"organism-{recipe.name}-held-out", _root(recipe, "held_out", 0), episodes)


def loop_corpus(recipe: Recipe, *, episodes: int) -> Corpus:
    """Runs that scripted agents play, and an organism under the same seeds in its teacher's place."""
    return Corpus(f"organism-{recipe.name}-loop", _root(recipe, "loop", 0), episodes)


def _root(recipe: Recipe, purpose: str, seed: int) -> int:
    return stream_key(seed, f"organism.{purpose}", recipe.name) >> 32


def taught(recipe: Recipe, *settings: str) -> Scenario:
    """The scenario that scripted agents play, in the organism's wording, with settings such as `lessons`."""
    wording = f"render.wording={recipe.wording}"
    return load_scenario(ROOT / recipe.scenario, policies=Catalog(), set_=[wording, *settings])


def simulate(store: Store, corpus: Corpus, scenario: Scenario, watch: Watch) -> str:
    """Run what is missing of a corpus, and return its study's id; a log that holds more of it keeps them.

    Raises:
        RunFailed: when some run did not end well.
        KeyboardInterrupt: after Ctrl-C, when the runs in flight are done.
    """
    study = Study(corpus.study, scenario, (), _seeds(store, corpus), LimitsSpec(), (), SOURCE)
    entered = enter_study(store, study).info.id
    count = _Count(corpus, watch)
    run_study(store, study, entered, BatchOptions(), brake=count.brake, watch=count.ended)
    if bad := count.bad:
        raise RunFailed(f"study '{study.name}': run {bad.run} is {bad.status}: {bad.error}")
    if count.brake.draining:
        raise KeyboardInterrupt
    done = study_counts(store, entered).get(RunStatus.DONE, 0)
    if done < corpus.episodes:  # another process is at them, or they are limited since an earlier call
        raise RunFailed(f"study '{study.name}': {done} of {corpus.episodes} runs are done")
    return entered


def moments(store: Store, corpus: Corpus, recipe: Recipe, scenario: Scenario) -> Iterator[list[Moment]]:
    """The imitated agent's decisions in order, a list for every run, or for every `Recipe.unit` in it."""
    word = _renderer(recipe, scenario)
    marks = ", ".join("?" * len(recipe.phases))
    sql = _DECISIONS.format(phases=marks)
    found = rows(store, sql, recipe.variable, corpus.study, corpus.episodes, recipe.agent, *recipe.phases)
    for _, decisions in groupby(found, key=lambda row: row["run"]):
        run = [_moment(row, word) for row in decisions]
        for _, part in groupby(run, key=lambda moment: recipe.unit and moment.observation[recipe.unit]):
            yield list(part)


def episode(run: Sequence[Moment]) -> Episode:
    """One episode as a sequence of words, its agent's acts marked.

    Raises:
        RuleError: when the wording of one moment does not begin with those before it and their acts.
    """
    words = _words(run[-1])
    acts: list[int] = []
    for moment in run:
        said = _words(moment)
        if said != words[: len(said)]:
            raise RuleError(f"'{moment.prompt} {moment.action}' does not begin '{' '.join(words)}'")
        acts += range(len(moment.prompt.split()), len(said))
    return Episode(words, tuple(acts))


def corpus_hash(store: Store, corpus: Corpus) -> str:
    """The content address of the digests of all its runs, in order."""
    digests = rows(store, _DIGESTS, corpus.study, corpus.episodes)
    return value_hash([row["digest"] for row in digests])


def _seeds(store: Store, corpus: Corpus) -> Seeds:
    """The seeds of a corpus: as many as are asked for, or as the log has of it already."""
    known = find_study(store, corpus.study)
    count = parse(known.identity)["seeds"]["count"] if known else 0
    return Seeds(max(count, corpus.episodes), corpus.root)


@dataclass(slots=True)
class _Count:
    """Counts the runs of a corpus as they end; after a bad one no more begin."""

    corpus: Corpus
    watch: Watch
    brake: Brake = field(default_factory=Brake)
    done: int = 0
    bad: Ended | None = None

    def ended(self, ended: Ended) -> None:
        if ended.status is not RunStatus.DONE and self.bad is None:
            self.bad = ended
            self.brake.pull()
        self.done += 1
        self.watch(f"{self.corpus.study}: runs", self.done, self.corpus.episodes)


def _moment(row: Row, word: Callable[[Row, Any], str]) -> Moment:
    observation = parse(row["observation"])
    return Moment(word(row, observation), row["action"], observation, row["posterior"])


def _words(moment: Moment) -> tuple[str, ...]:
    return tuple(f"{moment.prompt} {moment.action}".split())


def _renderer(recipe: Recipe, scenario: Scenario) -> Callable[[Row, Any], str]:
    """What words a logged decision: the environment itself, in a world that never begins."""
    kind = scenario.environment_class()
    ledger = Ledger("render", None, RunRecord((), scenario.params))
    environment: Environment[Any] = kind(
        params=scenario.environment_params(),
        seats=scenario.seats(),
        world=SimWorld(seed=0, participants=(), ledger=ledger, max_ticks=1),
        look=scenario.look(scenario.seed),
    )
    space = Choice(*recipe.choices)

    def word(row: Row, observation: Any) -> str:
        request = DecisionRequest(
            recipe.agent, row["role"], row["seq"], row["tick"], row["phase"], observation, space
        )
        return " ".join(segment.text for segment in environment.rendered(request, recipe.wording))

    return word


_DECISIONS = """
SELECT d.run, d.seq, d.tick, d.phase, a.role, o.text AS observation, d.action, h.posterior
FROM study y
JOIN run r ON r.study = y.id
JOIN decision d ON d.run = r.id
JOIN agent a ON a.run = d.run AND a.name = d.agent
JOIN text o ON o.hash = d.observation
LEFT JOIN hidden h ON h.run = d.run AND h.seq = d.seq AND h.name = ?
WHERE y.name = ? AND r.replicate < ? AND d.agent = ? AND d.phase IN ({phases}) AND d.action IS NOT NULL
  AND r.status = 'done'
ORDER BY r.cell_index, r.replicate, d.seq
"""
_DIGESTS = """
SELECT r.digest FROM study y JOIN run r ON r.study = y.id
WHERE y.name = ? AND r.replicate < ? ORDER BY r.cell_index, r.replicate
"""
