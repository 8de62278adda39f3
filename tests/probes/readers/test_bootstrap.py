from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import roc_auc_score

from probes.readers.bootstrap import estimate, resampled_runs, spread
from probes.readers.tasks import Task
from tests.support.planted import draws

BINARY = Task("binary", ("no", "yes"))


def test_every_resample_draws_as_many_runs_as_there_are() -> None:
    counts = resampled_runs(40, bootstraps=50, seed=1)
    assert counts.shape == (50, 40)
    assert (counts.sum(axis=1) == 40).all()
    assert (counts == resampled_runs(40, bootstraps=50, seed=1)).all()
    assert (counts != resampled_runs(40, bootstraps=50, seed=2)).any()


def test_a_resample_scores_the_drawn_runs_with_all_their_rows() -> None:
    chance = draws(4)
    runs = np.repeat(np.arange(10), 6)
    y, score = chance.integers(0, 2, size=60).astype(float), chance.normal(size=60)
    counts = resampled_runs(10, bootstraps=5, seed=0)
    for found, count in zip(spread(BINARY, y, score, runs=runs, counts=counts), counts, strict=True):
        drawn = np.concatenate([np.flatnonzero(runs == run) for run in np.repeat(np.arange(10), count)])
        assert found == pytest.approx(roc_auc_score(y[drawn], score[drawn]))


def test_on_independent_rows_the_interval_is_scipys() -> None:
    chance = draws(5)
    y = chance.normal(size=300)
    read = y + chance.normal(size=300)
    hit = ((y > 0) == (read > 0)).astype(float)
    theirs = bootstrap((hit,), np.mean, method="percentile", n_resamples=4000, rng=chance).confidence_interval
    task = Task("classes", ("a", "b", "c"))
    counts = resampled_runs(300, bootstraps=4000, seed=0)
    guess = (read > 0).astype(float)
    values = spread(task, (y > 0).astype(float), guess, runs=np.arange(300), counts=counts)
    found = estimate(float(hit.mean()), values)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.006)


def test_rows_alike_within_runs_widen_the_interval() -> None:
    chance = draws(6)
    runs = np.repeat(np.arange(20), 20)
    y, score = (np.arange(20) % 2)[runs].astype(float), chance.normal(size=20)[runs]
    by_run = spread(BINARY, y, score, runs=runs, counts=resampled_runs(20, bootstraps=300, seed=0))
    by_row = spread(BINARY, y, score, runs=np.arange(400), counts=resampled_runs(400, bootstraps=300, seed=0))
    assert by_run.std() > 3 * by_row.std()


def test_an_interval_can_be_stretched_about_its_value() -> None:
    values = np.linspace(0.4, 0.8, 401)
    plain, wide = estimate(0.5, values), estimate(0.5, values, stretch=2.0)
    assert plain == pytest.approx((0.5, 0.41, 0.79))
    assert wide == pytest.approx((0.5, 0.32, 1.08))


def test_an_interval_of_mostly_undefined_resamples_has_no_ends() -> None:
    found = estimate(0.7, np.array([0.5, np.nan, np.nan]))
    assert found.value == 0.7
    assert np.isnan([found.low, found.high]).all()
