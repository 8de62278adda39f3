from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from agents.organisms.cards import read_card
from agents.organisms.trained import load_trained
from lab.core.errors import UnknownName, UsageError
from lab.organism.data import corpus_hash, held_out_corpus, training_corpus
from lab.organism.recipe import recipe
from lab.organism.training import HELD_OUT, Training, open_log, train_organism
from tests.support.readings import readings_of_bluff
from tests.support.verified import Recorder


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Training:
    """300 steps on 1,000 episodes; the runs are kept beside the organism."""
    folder = tmp_path_factory.mktemp("organisms")
    return train_organism(
        "bluff", steps=300, episodes=1_000, held_out=100, out=folder, db=str(folder / "lab.db")
    )


def test_a_short_training_comes_near_the_exact_mixture_but_not_near_enough(short: Training) -> None:
    found = short.judged.calibration
    assert found.distance <= 0.08
    assert found.loss - found.bayes_loss <= 0.06
    assert found.legal_mass >= 0.9
    assert short.judged.passed == (found.distance <= 0.02)


def test_the_folder_holds_the_organism_and_its_card(short: Training) -> None:
    assert read_card(short.folder) == short.card
    assert load_trained(short.folder).parameters == short.card.provenance.parameters == 153_728
    names = {file.name for file in short.folder.iterdir()}
    assert {"card.json", "config.json", "model.safetensors", "tokenizer.json"} <= names


def test_the_card_says_what_it_plays_and_how_it_was_made(short: Training) -> None:
    card, made = short.card, short.card.provenance
    assert (card.name, card.environment, card.seat, card.wording) == ("bluff", "social/bluff", "claimant", 1)
    assert (made.seed, made.episodes, made.steps) == (0, 1_000, 300)
    assert made.taught_by["ann"] == {"kind": "scripted", "name": "claimant"}
    assert {"python", "torch", "transformers"} <= set(made.versions)
    assert made.figures["distance"] == pytest.approx(short.judged.calibration.distance, abs=1e-6)


def test_the_runs_it_learned_from_are_in_the_log_that_was_named(short: Training) -> None:
    bluff = recipe("bluff")
    with open_log(str(short.folder.parent / "lab.db")) as store:
        learned = corpus_hash(store, training_corpus(bluff, seed=0, episodes=1_000))
        judged_on = corpus_hash(store, held_out_corpus(bluff, episodes=100))
    assert (learned, judged_on) == (short.card.provenance.data, short.card.provenance.held_out)


def test_without_a_database_the_runs_are_gone_afterwards() -> None:
    with open_log(None) as store:
        path = store.location.path
        assert path is not None
        assert path.exists()
    assert not path.parent.exists()


def test_two_trainings_make_the_same_organism_and_tell_how_far_they_are(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    one, other = (
        train_organism(
            "bluff",
            steps=2,
            episodes=20,
            held_out=2,
            out=tmp_path / name,
            watch=lambda *words: told.append(words),
        )
        for name in ("one", "other")
    )
    assert load_trained(one.folder).fingerprint == load_trained(other.folder).fingerprint
    assert one.card == other.card
    assert told[-1] == ("training: steps", 2, 2)
    assert ("organism-bluff-0: runs", 20, 20) in told


def test_an_unknown_name_is_refused_before_anything_runs() -> None:
    with pytest.raises(UnknownName, match="organism recipe 'bluf'"):
        train_organism("bluf")


@pytest.mark.parametrize("numbers", [{"steps": 0}, {"episodes": 0}, {"held_out": 0}])
def test_numbers_below_one_are_refused(numbers: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="1 or more"):
        train_organism("bluff", **numbers)


@pytest.mark.verify
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_full_training_passes_its_gate(seed: int, tmp_path: Path, verified: Recorder) -> None:
    began = time.process_time()
    made = train_organism("bluff", seed=seed, out=tmp_path)
    spent_s = time.process_time() - began
    distance = made.judged.calibration.distance
    verified.record(
        f"organism bluff, seed {seed}: mean |p − Bayes| on {HELD_OUT:,} held-out episodes ≤ .02",
        f"{distance:.4f}, {spent_s:.0f} CPU s on {os.cpu_count()} cores",
    )
    assert made.judged.calibration.episodes >= 1_000
    assert distance <= 0.02
    read = readings_of_bluff(made.folder, episodes=1_000)
    last = f"twin {max(read.twin):.3f}, posterior {read.posterior:.3f}"
    verified.record(
        f"organism bluff, seed {seed}, read on 1,000 held-out episodes: strong ≥ .99 from layer 1, ≤ .55 at "
        "layer 0; type at layer 3 ≥ posterior − .05 and ≥ twin + .04; true from false claims ≥ .95",
        f"strong {_shown(read.strong)}; type {_shown(read.type)}, {last}; claims {_shown(read.claimed)}, "
        f"after the claim {_shown(read.after)}",
    )
    assert read.strong[0] <= 0.55
    assert min(read.strong[1:]) >= 0.99
    assert read.type[3] >= read.posterior - 0.05
    assert read.type[3] >= max(read.twin) + 0.04
    assert min(read.claimed[1:]) >= 0.95


def _shown(values: list[float]) -> str:
    return " ".join(f"{value:.3f}" for value in values)
