from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path

import pytest

from db.store import open_store
from lab.core.errors import RuleError
from lab.organism.data import episode, held_out_corpus, moments, simulate, taught
from lab.organism.recipe import Moment
from lab.organism.training import HELD_OUT, train_organism
from lab.organism.visitor import VISITOR, expected_act
from tests.support.verified import Recorder

RISES = {"limit": 1, "captcha": 1, "decoy": 2}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[list[Moment]]]:
    corpus, scenario = held_out_corpus(VISITOR, episodes=30), taught(VISITOR)
    with open_store(str(tmp_path_factory.mktemp("visitor") / "lab.db")) as store:
        simulate(store, corpus, scenario, lambda what, done, of: None)
        yield list(moments(store, corpus, VISITOR, scenario))


def likelihood(threshold: int, suspicion: int, act: str) -> float:
    wanted = "stop" if suspicion >= threshold else "slow" if suspicion == threshold - 1 else "go"
    return 0.98 if act == wanted else 0.01


def test_what_is_expected_is_the_mixture_by_enumeration(runs: list[list[Moment]]) -> None:
    for run in runs:
        words, suspicion, plain = episode(run).words, 0, 0
        acts: list[tuple[int, str]] = []
        for moment, answer in zip(run, words[1::3], strict=True):
            suspicion = min(suspicion + RISES.get(answer, 0), 5)
            plain = plain + 1 if answer == "plain" else 0
            if plain and plain % 3 == 0:
                suspicion = max(suspicion - 1, 0)
            weights = [prod(likelihood(kind, *act) for act in acts) for kind in (2, 4)]
            mixed = [
                sum(w * likelihood(kind, suspicion, act) for w, kind in zip(weights, (2, 4), strict=True))
                for act in VISITOR.choices
            ]
            expected = [expected_act(moment)[choice] for choice in VISITOR.choices]
            assert expected == pytest.approx([share / sum(weights) for share in mixed])
            acts.append((suspicion, moment.action))


def test_an_episode_has_72_words_of_11_kinds(runs: list[list[Moment]]) -> None:
    found = [episode(run) for run in runs]
    assert {len(one.words) for one in found} == {72}
    assert {one.acts for one in found} == {tuple(range(2, 72, 3))}
    assert len({word for one in found for word in one.words}) == 11


def test_what_is_expected_needs_a_posterior() -> None:
    seen = {"past": [], "answer": "decoy"}
    assert expected_act(Moment("", "go", seen, 0.0)) == pytest.approx(
        {"go": 0.495, "slow": 0.01, "stop": 0.495}
    )
    assert expected_act(Moment("", "go", seen, 50.0))["stop"] == pytest.approx(0.98)
    with pytest.raises(RuleError, match="no posterior"):
        expected_act(Moment("", "go", seen, None))


@pytest.mark.verify
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_full_training_passes_its_gate(seed: int, tmp_path: Path, verified: Recorder) -> None:
    found = train_organism("visitor", seed=seed, out=tmp_path).judged
    verified.record(
        f"organism visitor, seed {seed}: mean total variation from Bayes on {HELD_OUT:,} episodes ≤ .02",
        f"{found.calibration.distance:.4f}",
    )
    assert found.passed
