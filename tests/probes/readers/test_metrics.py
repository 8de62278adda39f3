from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, r2_score, roc_auc_score

from probes.readers.metrics import (
    accuracy,
    auroc,
    average_precision,
    macro_auroc,
    primary,
    r2,
    rank_auroc,
    recall,
    spearman,
)
from probes.readers.tasks import Task
from tests.support.planted import draws

labeled = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-3, 3), st.integers(0, 3)), min_size=4, max_size=30
).filter(lambda rows: {label for label, _, weight in rows if weight} == {0, 1})


@settings(max_examples=60)
@given(labeled)
def test_auroc_is_the_share_of_pairs_won_with_ties_as_half(rows: list[tuple[int, int, int]]) -> None:
    y, score, weight = (np.array(part, dtype=float) for part in zip(*rows, strict=True))
    won = pairs = 0.0
    for i, j in product(np.flatnonzero(y == 1), np.flatnonzero(y == 0)):
        won += weight[i] * weight[j] * ((score[i] > score[j]) + (score[i] == score[j]) / 2)
        pairs += weight[i] * weight[j]
    found = auroc(y, score, np.stack([weight, np.ones_like(weight)]))
    assert found[0] == pytest.approx(won / pairs)
    assert found[1] == pytest.approx(roc_auc_score(y, score))
    assert rank_auroc(y[None], score[None])[0] == pytest.approx(found[1])
    assert average_precision(y, score) == pytest.approx(average_precision_score(y, score))


def test_weights_count_rows_as_copies_do() -> None:
    chance = draws(1)
    y, read, times = chance.normal(size=30), chance.normal(size=30), chance.integers(0, 4, size=30)
    copies = np.repeat(np.arange(30), times)
    weights = times[None].astype(float)
    assert r2(y, read, weights)[0] == pytest.approx(r2_score(y[copies], read[copies]))
    right = accuracy(np.sign(y), np.sign(read), weights)[0]
    assert right == pytest.approx(((y > 0) == (read > 0))[copies].mean())


def test_what_is_undefined_is_nan() -> None:
    ones = np.ones((1, 3))
    assert np.isnan(auroc(np.ones(3), np.arange(3.0), ones))
    assert np.isnan(r2(np.ones(3), np.arange(3.0), ones))
    assert np.isnan(spearman(np.ones(3), np.arange(3.0)))
    assert np.isnan(recall(np.zeros(3), np.arange(3.0)))
    assert np.isnan(average_precision(np.zeros(3), np.arange(3.0)))


def test_recall_takes_its_threshold_from_the_designated_negatives() -> None:
    y = np.r_[np.zeros(200), np.ones(4)]
    score = np.r_[np.arange(200.0), 150.0, 198.5, 250.0, 300.0]
    assert recall(y, score) == pytest.approx(0.75)
    designated = np.arange(204) < 100
    assert recall(y, score, designated) == 1.0


def test_macro_auroc_is_the_mean_over_classes_that_occur() -> None:
    chance = draws(2)
    y, read = chance.integers(0, 3, size=60).astype(float), chance.normal(size=(60, 4))
    each = [roc_auc_score(y == code, read[:, code]) for code in range(3)]
    assert macro_auroc(y, read) == pytest.approx(np.mean(each))


def test_spearman_equals_scipys() -> None:
    chance = draws(3)
    y, score = chance.integers(0, 5, size=40).astype(float), chance.normal(size=40)
    assert spearman(y, score) == pytest.approx(spearmanr(y, score).statistic)


def test_every_kind_of_task_has_its_metric() -> None:
    y = np.array([0.0, 1.0, 1.0, 0.0])
    guess = np.array([0.0, 1.0, 0.0, 0.0])
    assert primary(Task("binary", ("a", "b")), y, guess)[0] == pytest.approx(0.75)
    assert primary(Task("classes", ("a", "b", "c")), y, guess)[0] == pytest.approx(0.75)
    assert primary(Task("number"), y, guess)[0] == pytest.approx(0.0)
