from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Ridge as PlainRidge
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from probes.readers.estimators import Covariance, DiffMeans, Logistic, Ridge
from tests.support.planted import draws
from tests.support.verified import Recorder

READERS = [DiffMeans(), Logistic(), Ridge(), Covariance()]
NOT_PROMISED = {
    "check_sample_weights_pandas_series": "no weights",
}


def rows(n: int = 120, d: int = 6, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    chance = draws(n + d)
    y = np.arange(n) % classes
    return chance.normal(size=(n, d)) * np.arange(1, d + 1) + 5 + y[:, None] * chance.normal(size=d), y


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: type(reader).__name__)
def test_scikit_learn_accepts_the_reader(reader: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_estimator(reader)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: type(reader).__name__)
def test_weight_and_bias_are_all_there_is_to_it(reader: Any) -> None:
    x, y = rows()
    fitted = clone(reader).fit(x, y, groups=y)
    read = x @ fitted.weight_[0] + fitted.bias_[0]
    told = fitted.decision_function(x) if hasattr(fitted, "decision_function") else fitted.predict(x)
    assert told == pytest.approx(read)
    assert np.linalg.norm(fitted.direction_) == pytest.approx(1)
    assert pickle.loads(pickle.dumps(fitted)).predict(x).tolist() == fitted.predict(x).tolist()


@pytest.mark.parametrize("classes", [2, 4])
def test_difference_of_means_predicts_the_nearest_mean(classes: int) -> None:
    x, y = rows(classes=classes)
    mine, others = DiffMeans().fit(x, y), NearestCentroid().fit(x, y)
    assert mine.predict(x).tolist() == others.predict(x).tolist()
    if classes == 2:
        assert mine.weight_[0] == pytest.approx(x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0))


@pytest.mark.parametrize("classes", [2, 3])
def test_logistic_is_scikit_learns_on_standardized_rows(classes: int) -> None:
    x, y = rows(classes=classes)
    theirs = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=500)).fit(x, y)
    mine = Logistic().fit(x, y)
    assert mine.decision_function(x) == pytest.approx(theirs.decision_function(x), abs=1e-6)
    assert mine.predict_proba(x) == pytest.approx(theirs.predict_proba(x), abs=1e-6)
    assert mine.converged_


def test_ridge_is_scikit_learns_on_standardized_rows() -> None:
    x, y = rows()
    theirs = make_pipeline(StandardScaler(), PlainRidge(alpha=10)).fit(x, y.astype(float))
    assert Ridge().fit(x, y).predict(x) == pytest.approx(theirs.predict(x))


def test_covariance_is_partial_least_squares_with_one_component() -> None:
    x, y = rows(classes=7)
    theirs = PLSRegression(n_components=1, scale=False).fit(x, y)
    assert Covariance().fit(x, y).predict(x) == pytest.approx(theirs.predict(x))


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: type(reader).__name__)
def test_equal_rows_are_read_alike_and_without_noise(reader: Any) -> None:
    x = np.tile(draws(3).normal(size=5), (30, 1))
    fitted = clone(reader).fit(x, np.arange(30) % 2)
    assert not fitted.weight_.any()
    assert not fitted.direction_.any()


def test_a_planted_direction_is_found_as_well_as_theory_says() -> None:
    figures = planted(cases=[(1.0, 200), (1.0, 1000)], draws_each=4)
    for cosine, expected in figures:
        assert cosine == pytest.approx(expected, abs=0.04)


@pytest.mark.verify
def test_cosine_with_the_truth_follows_the_formula(verified: Recorder) -> None:
    figures = planted(cases=[(1.0, 200), (1.0, 1000), (1.0, 5000), (2.0, 5000)], draws_each=10)
    verified.record(
        "cosine of difference of means with a planted direction, d 256: measured (theory)",
        ", ".join(f"{cosine:.3f} ({expected:.3f})" for cosine, expected in figures),
    )
    assert all(abs(cosine - expected) < 0.02 for cosine, expected in figures)


def test_difference_of_means_comes_near_the_bayes_auroc() -> None:
    x, y, truth = gaussian(2.0, 4000, seed=5)
    test, labels, _ = gaussian(2.0, 4000, seed=6, truth=truth)
    found = roc_auc_score(labels, DiffMeans().fit(x, y).decision_function(test))
    assert norm.cdf(2 / np.sqrt(2)) - 0.02 < found < norm.cdf(2 / np.sqrt(2)) + 0.01


def gaussian(
    distance: float, n: int, *, seed: int, d: int = 256, truth: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = draws(seed)
    direction = chance.normal(size=d) if truth is None else truth
    direction = direction / np.linalg.norm(direction)
    y = np.arange(n) % 2
    return chance.normal(size=(n, d)) + distance * np.outer(y - 0.5, direction), y, direction


def planted(cases: list[tuple[float, int]], draws_each: int) -> list[tuple[float, float]]:
    """Mean cosine and 1 / sqrt(1 + 4 d / (n d'²)), for each distance d' and number of rows n."""
    figures = []
    for distance, n in cases:
        cosines = []
        for seed in range(draws_each):
            x, y, truth = gaussian(distance, n, seed=seed)
            cosines.append(DiffMeans().fit(x, y).direction_ @ truth)
        figures.append((float(np.mean(cosines)), float(1 / np.sqrt(1 + 4 * 256 / (n * distance**2)))))
    return figures
