from __future__ import annotations

import numpy as np
import pytest

from probes.readers.control import control_labels, control_scores
from probes.readers.table import table_of
from tests.support.planted import draws, planted_table


def test_a_type_changes_hands_between_runs() -> None:
    table = planted_table(0, "type")
    y = control_labels(table, seed=1)
    assert y.sum() == table.y.sum()
    assert (y.reshape(40, 8) == y.reshape(40, 8)[:, :1]).all()
    assert (y != table.y).any()


def test_a_state_changes_hands_within_its_step() -> None:
    table = planted_table(0, "state")
    y = control_labels(table, seed=1)
    assert (y != table.y).any()
    for step in range(8):
        at = table.steps == step
        assert sorted(y[at]) == sorted(table.y[at])


def test_equal_states_of_a_step_get_equal_labels() -> None:
    keys = np.tile(np.arange(4), 20)
    runs, steps = np.repeat(np.arange(20), 4), np.tile([0, 0, 1, 1], 20)
    table = table_of({0: np.zeros((80, 1))}, [f"v{key}" for key in keys], runs, steps=steps, states=keys)
    y = control_labels(table, seed=3)
    assert all(len(np.unique(y[keys == key])) == 1 for key in range(4))
    assert set(y[steps == 0]) == {0.0, 1.0}


def test_the_control_of_a_planted_signal_is_at_chance() -> None:
    scores = control_scores(planted_table(), "logistic", n_folds=5, seed=0)
    assert list(scores) == [0, 1, 2]
    assert all(value == pytest.approx(0.5, abs=0.12) for value in scores.values())


def test_a_reader_that_memorizes_states_has_a_control_as_high_as_its_score() -> None:
    keys = np.tile(np.arange(8), 20)
    table = table_of(
        {0: np.eye(8)[keys]},
        [bool(key % 2) for key in keys],
        np.repeat(np.arange(20), 8),
        steps=np.zeros(160, dtype=int),
        states=keys,
    )
    assert control_scores(table, "logistic", n_folds=5, seed=0)[0] == 1.0


def test_a_rare_value_may_crowd_into_few_runs() -> None:
    chance = draws(0)
    for seed in range(6):
        y = np.zeros((20, 3), dtype=bool)
        y[np.arange(5), chance.integers(3, size=5)] = True
        table = table_of({0: chance.normal(size=(60, 4))}, y.ravel().tolist(), np.repeat(np.arange(20), 3))
        assert list(control_scores(table, "logistic", n_folds=5, seed=seed)) == [0]
