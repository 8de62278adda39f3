from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from lab.organism.data import episode, held_out_corpus, moments, simulate, taught
from lab.organism.keydoor import KEYDOOR, expected_move
from lab.organism.training import open_log, train_organism
from tests.support.verified import Recorder


def test_the_teacher_does_what_is_expected_and_each_route_is_one_line() -> None:
    scenario, corpus = taught(KEYDOOR), held_out_corpus(KEYDOOR, episodes=3)
    with open_log(None) as store:
        simulate(store, corpus, scenario, lambda what, done, of: None)
        runs = list(moments(store, corpus, KEYDOOR, scenario))
    assert len(runs) == 3 * 10
    for run in runs:
        assert all(expected_move(moment) == {moment.action: 1.0} for moment in run)
        line = episode(run)
        assert line.words[:12:2] == ("blue", "green", "red", "door", "goal", "start")
        assert line.acts == tuple(range(12, 12 + len(run)))
        assert line.words[-1] == line.words[9]  # the goal
    assert {word for run in islice(runs, 20) for word in episode(run).words} <= {
        *KEYDOOR.choices,
        *("blue", "green", "red", "door", "goal", "start"),
    }


@pytest.mark.verify
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_full_training_passes_its_gate(seed: int, tmp_path: Path, verified: Recorder) -> None:
    made = train_organism("keydoor", seed=seed, out=tmp_path, held_out=100)
    verified.record(
        f"organism keydoor, seed {seed}: optimal routes, of 1,000 held out, ≥ .98",
        f"{made.judged.calibration.whole_runs:.3f}",
    )
    assert made.judged.passed
