"""One organism made: data simulated and read, a model trained, judged on runs it never saw, and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from agents.organisms.cards import Card, Provenance, home, write_card
from agents.organisms.train import Settings, train
from agents.organisms.trained import Trained
from db.store import Store, open_store
from lab.core.errors import UsageError
from lab.organism.calibration import Judged, calibrate
from lab.organism.data import (
    Corpus,
    Watch,
    corpus_hash,
    episode,
    held_out_corpus,
    moments,
    simulate,
    taught,
    training_corpus,
)
from lab.organism.recipe import Episodes, ReadOut, Recipe, TrainingLessons, recipe
from lab.runner.fingerprint import code_hash, versions
from scenarios.spec import Scenario

HELD_OUT = 1_000
"""Episodes that an organism is judged on."""

DRAWING = "readout.png"
"""What a recipe drew of an organism, beside its weights."""

PACKAGES = ("torch", "transformers", "tokenizers", "safetensors")


@dataclass(frozen=True, slots=True)
class Training:
    """What came of a training.

    Attributes:
        folder: where the organism is.
        card: what it is.
        judged: how it did on the held-out episodes.
    """

    folder: Path
    card: Card
    judged: Judged


def train_organism(
    name: str,
    *,
    seed: int = 0,
    out: Path | None = None,
    steps: int | None = None,
    episodes: int | None = None,
    held_out: int = HELD_OUT,
    db: str | None = None,
    watch: Watch = lambda what, done, of: None,
) -> Training:
    """Train an organism and keep it in a folder of its name.

    Args:
        name: of its recipe.
        seed: keys data, initial weights and batches.
        out: the folder that holds organisms, `home` by default.
        steps: optimizer steps, the recipe's by default.
        episodes: runs of training data, the recipe's by default.
        held_out: runs it is judged on.
        db: a database that keeps the runs; without it they are gone afterwards.
        watch: told how far it came.

    Raises:
        UnknownName: when there is no such recipe.
        UsageError: for numbers below 1.
        StoreError: when the database cannot be written.
    """
    made_by = recipe(name)
    own = made_by.settings
    settings = replace(own, seed=seed, steps=own.steps if steps is None else steps)
    lessons = training_corpus(made_by, seed=seed, episodes=made_by.episodes if episodes is None else episodes)
    trial = held_out_corpus(made_by, episodes=held_out)
    for corpus in (lessons, trial):
        if corpus.episodes < 1:
            raise UsageError(f"{corpus.episodes} episodes: an organism needs 1 or more")
    scenario, teaching = taught(made_by), taught(made_by, *made_by.lessons)
    with open_log(db) as store:
        simulate(store, lessons, teaching, watch)
        simulate(store, trial, scenario, watch)
        learned = TrainingLessons(list(moments(store, lessons, made_by, teaching)), teaching)
        line = made_by.line or (lambda one: one)
        trained = train(
            [line(episode(run)) for run in learned.runs],
            settings,
            lambda step, _: watch("training: steps", step, settings.steps),
        )
        judged, read = judge(trained, made_by, list(moments(store, trial, made_by, scenario)), learned)
        provenance = _provenance(store, scenario, lessons, trial, settings, trained, judged)
    card = _card(made_by, scenario, provenance)
    folder = (out or home()) / name
    trained.save(folder)
    if read.drawing is not None:
        (folder / DRAWING).write_bytes(read.drawing)
    write_card(folder, card)
    return Training(folder, card, judged)


def judge(
    trained: Trained, made_by: Recipe, held_out: Episodes, learned: TrainingLessons
) -> tuple[Judged, ReadOut]:
    """All figures of an organism beside its recipe's gates, and what else the recipe read in it."""
    read = made_by.read(trained, held_out, learned) if made_by.read else ReadOut()
    return Judged(calibrate(trained, held_out, made_by), made_by.gates, read.figures), read


@contextmanager
def open_log(db: str | None) -> Iterator[Store]:
    """The database at `db`, or one that is gone when the block ends."""
    if db is not None:
        with open_store(db) as store:
            yield store
        return
    with TemporaryDirectory(prefix="organism-") as folder, open_store(str(Path(folder) / "lab.db")) as store:
        yield store


def _provenance(
    store: Store,
    scenario: Scenario,
    lessons: Corpus,
    trial: Corpus,
    settings: Settings,
    trained: Trained,
    judged: Judged,
) -> Provenance:
    return Provenance(
        seed=settings.seed,
        episodes=lessons.episodes,
        steps=settings.steps,
        parameters=trained.parameters,
        data=corpus_hash(store, lessons),
        held_out=corpus_hash(store, trial),
        code=code_hash(scenario.environment_class()),
        taught_by={agent.name: agent.policy.to_json() for agent in scenario.agents},
        versions=versions() | {package: version(package) for package in PACKAGES},
        figures={name: round(value, 6) for name, value in judged.figures.items() if value is not None},
    )


def _card(made_by: Recipe, scenario: Scenario, provenance: Provenance) -> Card:
    seats = {facts.name: facts.seat for facts in scenario.agent_facts()}
    seat = seats[made_by.agent]
    if seat is None:
        raise UsageError(f"environment '{scenario.environment}' names no seat for agent '{made_by.agent}'")
    return Card(
        name=made_by.name,
        about=made_by.about,
        environment=scenario.environment,
        seat=seat,
        phases=made_by.phases,
        wording=made_by.wording,
        provenance=provenance,
    )
