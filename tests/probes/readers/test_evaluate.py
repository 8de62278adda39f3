from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold

from lab.core.errors import UsageError
from probes.readers.evaluate import READERS, calibrated, held_out, layer_sweep, make_reader, nested, platt
from probes.readers.folds import run_folds
from probes.readers.metrics import Ints, primary
from probes.readers.table import Table, table_of
from tests.support.planted import draws, null_table, planted_table


def folds(table: Table) -> Ints:
    return run_folds(table.task, table.y, table.runs, seed=0)


def test_no_row_is_read_by_a_fit_that_saw_its_run() -> None:
    table = planted_table()
    fold = folds(table)
    read = held_out(table.layers[2], table.y, table.task, reader="logistic", fold=fold)
    for number in range(5):
        out = fold == number
        fitted = make_reader("logistic").fit(table.layers[2][~out], table.y[~out])
        assert read.decision[out, 0] == pytest.approx(fitted._readings(table.layers[2][out]))


def test_labels_alike_within_runs_leak_through_folds_that_split_runs() -> None:
    """Trap T21: random folds see the run again and find what is not there."""
    table = null_table(3, layers=1, width=64)
    random = np.empty(800, dtype=np.int64)
    for number, (_, out) in enumerate(KFold(5, shuffle=True, random_state=0).split(random)):
        random[out] = number
    leaked = held_out(table.layers[0], table.y, table.task, reader="logistic", fold=random)
    honest = held_out(table.layers[0], table.y, table.task, reader="logistic", fold=folds(table))
    assert roc_auc_score(table.y, leaked.score) > 0.8
    assert roc_auc_score(table.y, honest.score) < 0.7


def test_where_nothing_can_be_read_uneven_folds_do_not_sink_below_chance() -> None:
    y = draws(1).random(200) < 0.3
    table = table_of({0: np.ones((200, 3))}, [bool(one) for one in y], np.repeat(np.arange(20), 10))
    for reader in READERS["binary"]:
        sweep = layer_sweep(table, reader, folds(table))
        assert primary(table.task, table.y, sweep.layers[0].guess(table.task))[0] == 0.5


def test_a_planted_signal_is_read_where_it_was_planted() -> None:
    for kind in ("type", "state", "number"):
        table = planted_table(0, kind, gaps=(0.0, 3.0))
        for reader in READERS[table.task.kind]:
            sweep = layer_sweep(table, reader, folds(table))
            nothing, signal = (
                primary(table.task, table.y, read.guess(table.task))[0] for read in sweep.layers.values()
            )
            assert nothing < 0.65
            assert signal > 0.8


def test_the_layer_is_chosen_without_the_runs_it_is_scored_on() -> None:
    table = planted_table(gaps=(0.0, 3.0, 0.5))
    sweep = layer_sweep(table, "logistic", folds(table))
    choice = nested(table, sweep)
    assert choice.chosen == (1,) * 5
    assert choice.layer == 1
    assert (choice.held_out.decision == sweep.layers[1].decision).all()


def test_choosing_among_layers_of_noise_gains_nothing() -> None:
    values = []
    for seed in range(12):
        table = null_table(seed, "state", layers=6, decisions=6)
        sweep = layer_sweep(table, "diff_means", folds(table))
        values.append(float(primary(table.task, table.y, nested(table, sweep).held_out.guess(table.task))[0]))
    assert np.mean(values) == pytest.approx(0.5, abs=0.04)


def test_a_class_that_is_missing_from_a_fit_is_never_predicted() -> None:
    chance = draws(2)
    values = ["rare", *chance.choice(["a", "b", "c"], size=79).tolist()]
    table = table_of({0: chance.normal(size=(80, 4))}, values, np.repeat(np.arange(20), 4))
    fold = folds(table)
    for reader in READERS["classes"]:
        read = held_out(table.layers[0], table.y, table.task, reader=reader, fold=fold)
        out = fold == fold[0]
        assert (read.decision[out, table.task.classes.index("rare")] == -np.inf).all()
        assert ((read.p >= 0) & (read.p <= 1)).all()


def test_one_class_left_to_fit_on_is_refused() -> None:
    table = planted_table()
    fold = (table.y == 1).astype(np.int64)
    with pytest.raises(UsageError, match="the runs to fit on all have 'true': add runs of another value"):
        held_out(table.layers[0], table.y, table.task, reader="logistic", fold=fold)


def test_platt_scaling_is_logistic_regression_on_the_score() -> None:
    chance = draws(3)
    score = chance.normal(size=4000) * 3 + 1
    y = (chance.random(4000) < 1 / (1 + np.exp(-(0.7 * score - 0.4)))).astype(float)
    theirs = LogisticRegression(C=1e9).fit(score[:, None], y)
    assert platt(y, score) == pytest.approx([theirs.coef_[0, 0], theirs.intercept_[0]], abs=0.01)


def test_platt_scaling_of_separated_scores_stays_finite() -> None:
    slope, offset = platt(np.r_[np.zeros(10), np.ones(10)], np.arange(20.0))
    assert np.isfinite([slope, offset]).all()
    assert slope > 0


def test_probabilities_are_calibrated_on_other_folds() -> None:
    table = planted_table(runs=200)
    fold = folds(table)
    read = held_out(table.layers[2], table.y, table.task, reader="diff_means", fold=fold)
    assert read.p[table.y == 1].mean() > read.p[table.y == 0].mean() + 0.2
    flipped = table.y.copy()
    flipped[fold == 0] = 1 - flipped[fold == 0]
    again = calibrated(table.task, flipped, read.decision, fold)
    assert (again[fold == 0] == read.p[fold == 0]).all()


def test_numbers_have_no_probability() -> None:
    table = planted_table(0, "number")
    assert np.isnan(held_out(table.layers[0], table.y, table.task, reader="ridge", fold=folds(table)).p).all()
