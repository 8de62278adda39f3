from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from probes.readers.evaluate import READERS, layer_sweep
from probes.readers.folds import run_folds
from probes.readers.metrics import Ints, primary
from probes.readers.permutation import _statistics, permutation_test, shuffled_rows, shuffled_runs, whitened
from probes.readers.table import Table, table_of
from tests.support.planted import Labels, draws, null_table, planted_table
from tests.support.verified import Recorder


def folds(table: Table) -> Ints:
    return run_folds(table.task, table.y, table.runs, seed=0)


@pytest.mark.parametrize("kind", ["type", "state", "number"])
def test_the_observed_statistic_is_the_closed_form_reader_on_held_out_runs(kind: Labels) -> None:
    table = planted_table(0, kind)
    same_as_the_sweep(table)


def test_so_it_is_for_several_classes() -> None:
    chance = draws(0)
    code = chance.integers(0, 3, size=200)
    x = chance.normal(size=(200, 5)) + np.eye(5)[code]
    same_as_the_sweep(table_of({0: x}, ["abc"[one] for one in code], np.repeat(np.arange(20), 10)))


def same_as_the_sweep(table: Table) -> None:
    fold = folds(table)
    white = {layer: whitened(x) for layer, x in table.layers.items()}
    sweep = layer_sweep(replace(table, layers=white), READERS[table.task.kind][1], fold)
    chance = permutation_test(table, fold, permutations=3, seed=0)
    for layer, read in sweep.layers.items():
        expected = primary(table.task, table.y, read.guess(table.task))[0]
        assert chance.observed[layer] == pytest.approx(expected, abs=1e-6)


def test_a_permutation_is_the_sweep_on_shuffled_labels_refitted() -> None:
    """Shuffling labels with their folds is the same as shuffling the runs' activations."""
    table = planted_table(0, "state", runs=10, decisions=4)
    fold = folds(table)
    order = np.roll(np.arange(10), 3)
    taken = shuffled_rows(table, order)
    found = _statistics(table, table.layers[2], fold, taken[None])
    moved = np.empty_like(table.layers[2])
    moved[taken] = whitened(table.layers[2])
    read = layer_sweep(replace(table, layers={2: moved}), "diff_means", fold)
    assert found[0] == pytest.approx(primary(table.task, table.y, read.layers[2].guess(table.task))[0])


def test_whitened_rows_are_centered_and_alike_in_every_direction() -> None:
    chance = draws(1)
    x = chance.normal(size=(4000, 3)) @ np.diag([9.0, 3.0, 0.1]) + 5
    white = whitened(x)
    assert white.mean(axis=0) == pytest.approx(0, abs=1e-9)
    covariance = white.T @ white / 4000
    assert covariance[0, 0] == pytest.approx(0.96, abs=0.02)
    assert abs(covariance - np.diag(np.diag(covariance))).max() < 0.05
    assert not whitened(np.ones((5, 3)) * chance.normal(size=3)).any()


def test_a_signal_in_a_quiet_direction_is_found() -> None:
    table = planted_table(0, "state", gaps=(1.5,))
    loud = np.hstack([table.layers[0], draws(8).normal(size=(320, 1)) * 40])
    noisy = replace(table, layers={0: loud})
    assert permutation_test(noisy, folds(noisy), permutations=99, seed=0).p == 0.01


def test_labels_change_hands_as_whole_sequences() -> None:
    table = null_table(0, "state", runs=6, decisions=5)
    order = np.array([1, 2, 3, 4, 5, 0])
    y = table.y.reshape(6, 5)
    assert (table.y[shuffled_rows(table, order)].reshape(6, 5) == y[order]).all()


def test_a_run_without_a_step_lends_its_nearest_one() -> None:
    values = [0, 1, 2, 3, 10, 11]
    table = table_of({0: np.zeros((6, 1))}, values, [0, 0, 0, 0, 1, 1], steps=[0, 1, 2, 3, 0, 1])
    taken = table.y[shuffled_rows(table, np.array([1, 0]))]
    assert taken.tolist() == [10, 11, 11, 11, 0, 1]


def test_several_rows_of_one_step_keep_their_order() -> None:
    values = [0, 1, 2, 10, 11, 12]
    table = table_of({0: np.zeros((6, 1))}, values, [0, 0, 0, 1, 1, 1], steps=[0, 0, 1, 0, 0, 1])
    assert table.y[shuffled_rows(table, np.array([1, 0]))].tolist() == [10, 11, 12, 0, 1, 2]


def test_a_factor_is_found_though_every_seed_has_all_its_levels() -> None:
    chance = draws(3)
    seeds, level, run = np.repeat(np.arange(20), 4), np.tile([0, 0, 1, 1], 20), np.repeat(np.arange(40), 2)
    x = chance.normal(size=(80, 4)) + 3.0 * level[:, None]
    table = table_of({0: x}, [bool(one) for one in level], seeds, parts=run, steps=np.tile([0, 1], 40))
    assert table.is_constant_in_runs
    assert permutation_test(table, folds(table), permutations=99, seed=0).p == 0.01


def test_what_a_seed_decides_stays_together_in_its_parts() -> None:
    seeds, run = np.repeat(np.arange(10), 4), np.repeat(np.arange(20), 2)
    values = np.repeat(draws(4).permutation([False, True] * 5), 4)
    table = table_of({0: np.zeros((40, 1))}, values.tolist(), seeds, parts=run)
    y = table.y[shuffled_rows(table, shuffled_runs(table, draws(5)))].reshape(10, 4)
    assert (y == y[:, :1]).all()
    assert y[:, 0].sum() == 5


def test_a_planted_signal_beats_every_permutation() -> None:
    table = planted_table(gaps=(0.0, 2.0))
    chance = permutation_test(table, folds(table), permutations=99, seed=0)
    assert chance.p == chance.by_layer[1] == 0.01
    assert chance.by_layer[0] > 0.05
    assert 0.5 < chance.ceiling < chance.observed[1]


def test_more_layers_of_noise_raise_the_bar() -> None:
    table = null_table(0, layers=12)
    one = replace(table, layers={0: table.layers[0]})
    wide, narrow = (permutation_test(each, folds(table), permutations=99, seed=0) for each in (table, one))
    assert wide.ceiling > narrow.ceiling


def test_a_trend_over_steps_alone_is_not_significant() -> None:
    chance = draws(9)
    steps = np.tile(np.arange(10.0), 30)
    x = steps[:, None] * 0.3 + chance.normal(size=(300, 4))
    values = (steps + chance.normal(size=300)).tolist()
    table = table_of({0: x}, values, np.repeat(np.arange(30), 10))
    found = permutation_test(table, folds(table), permutations=99, seed=0)
    assert found.observed[0] > 0.3
    assert found.p > 0.05


def rejected(kind: Labels, nulls: range, *, layers: int = 4, permutations: int = 199) -> float:
    """The share of null tables, one for each seed, whose sweep comes out at p ≤ .05."""
    tables = (null_table(seed, kind, layers=layers) for seed in nulls)
    tests = (permutation_test(table, folds(table), permutations=permutations, seed=0) for table in tables)
    return float(np.mean([test.p <= 0.05 for test in tests]))


def test_nulls_are_seldom_rejected() -> None:
    assert rejected("type", range(40), layers=2, permutations=59) <= 0.15


@pytest.mark.verify
@pytest.mark.parametrize("kind", ["type", "state", "number"])
def test_five_percent_of_nulls_are_rejected(kind: Labels, verified: Recorder) -> None:
    share = rejected(kind, range(800))
    verified.record(f"nulls of a {kind} that the permutation test rejects at .05, of 800", f"{share:.1%}")
    assert abs(share - 0.05) <= 0.02
