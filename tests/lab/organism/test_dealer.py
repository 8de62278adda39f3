from __future__ import annotations

from collections.abc import Iterator
from math import exp, prod
from pathlib import Path

import pytest

from db.store import open_store
from lab.core.errors import RuleError
from lab.organism.data import episode, held_out_corpus, moments, simulate, taught
from lab.organism.dealer import DEALER, expected_skew
from lab.organism.recipe import Moment
from lab.organism.training import HELD_OUT, train_organism
from tests.support.verified import Recorder

UNITS = {"buy": 1, "none": 0, "sell": -1}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[list[Moment]]]:
    corpus, scenario = held_out_corpus(DEALER, episodes=30), taught(DEALER)
    with open_store(str(tmp_path_factory.mktemp("dealer") / "lab.db")) as store:
        simulate(store, corpus, scenario, lambda what, done, of: None)
        yield list(moments(store, corpus, DEALER, scenario))


def likelihood(aversion: float, held: int, skew: int) -> float:
    wanted = max(-2, min(2, round(-aversion * held)))
    return 0.92 if skew == wanted else 0.02


def test_what_is_expected_is_the_mixture_by_enumeration(runs: list[list[Moment]]) -> None:
    for run in runs:
        words, held = episode(run).words, 0
        acts: list[tuple[int, int]] = []
        for moment, fill in zip(run, words[1::3], strict=True):
            held += UNITS[fill]
            weights = [prod(likelihood(kind, *act) for act in acts) for kind in (0.25, 0.8)]
            mixed = [
                sum(w * likelihood(kind, held, skew) for w, kind in zip(weights, (0.25, 0.8), strict=True))
                for skew in (-2, -1, 0, 1, 2)
            ]
            expected = [expected_skew(moment)[choice] for choice in DEALER.choices]
            assert expected == pytest.approx([share / sum(weights) for share in mixed])
            acts.append((held, int(moment.action)))


def test_an_episode_has_72_words_of_11_kinds(runs: list[list[Moment]]) -> None:
    found = [episode(run) for run in runs]
    assert {len(one.words) for one in found} == {72}
    assert {one.acts for one in found} == {tuple(range(2, 72, 3))}
    assert len({word for one in found for word in one.words}) == 11


def test_what_is_expected_needs_a_posterior() -> None:
    seen = {"past": [], "fill": "buy"}
    assert expected_skew(Moment("", "0", seen, 0.0))["-1"] == pytest.approx((0.92 + 0.02) / 2)
    sure = expected_skew(Moment("", "0", seen, 50.0))
    assert sure["-1"] == pytest.approx(0.92, abs=exp(-40))
    with pytest.raises(RuleError, match="no posterior"):
        expected_skew(Moment("", "0", seen, None))


@pytest.mark.verify
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_full_training_passes_its_gate(seed: int, tmp_path: Path, verified: Recorder) -> None:
    found = train_organism("dealer", seed=seed, out=tmp_path).judged
    verified.record(
        f"organism dealer, seed {seed}: mean total variation from Bayes on {HELD_OUT:,} episodes ≤ .02",
        f"{found.calibration.distance:.4f}",
    )
    assert found.passed
