from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from scenarios.trading.contest.predict import AnyPredictor, Ewma, Last, MeanM, Predictor, Shrink

PAST = {"ann": [0.01, -0.02, 0.03, 0.05], "bob": [0.0, 0.01, 0.02, -0.01]}
SD = {agent: float(np.std(scores[-3:], ddof=1)) for agent, scores in PAST.items()}


def test_last_expects_what_was() -> None:
    assert {a: o.mu for a, o in Last().outlooks(PAST).items()} == {"ann": 0.05, "bob": -0.01}


def test_the_mean_is_over_the_window() -> None:
    found = MeanM(m=3).outlooks(PAST)
    assert found["ann"].mu == pytest.approx(0.02)
    assert found["ann"].sigma == pytest.approx(SD["ann"])


def test_shrinking_takes_few_scores_as_little_evidence() -> None:
    found = Shrink(m=3, tau=9.0).outlooks(PAST)
    assert found["ann"].mu == pytest.approx(3 * 0.02 / 12)
    pooled = ((SD["ann"] ** 2 + SD["bob"] ** 2) / 2) ** 0.5
    assert found["ann"].sigma == found["bob"].sigma == pytest.approx(pooled)
    assert Shrink(m=3, tau=0.0).outlooks(PAST)["ann"].mu == pytest.approx(0.02)


def test_shrinking_counts_the_scores_that_there_are() -> None:
    short = {"ann": [0.02, 0.04]}
    assert Shrink(m=20, tau=10.0).outlooks(short)["ann"].mu == pytest.approx(2 * 0.03 / 12)


def test_the_ewma_forgets_half_in_a_half_life() -> None:
    found = Ewma(half_life=2.0).outlooks(PAST)
    for agent, scores in PAST.items():
        total = first = second = 0.0
        for score in scores:  # the running form of the same sums
            total, first, second = (0.5**0.5 * kept for kept in (total, first, second))
            total, first, second = total + 1, first + score, second + score**2
        mu = first / total
        sigma = (second / total - mu**2) ** 0.5
        assert (found[agent].mu, found[agent].sigma) == pytest.approx((mu, sigma))


@pytest.mark.parametrize("predictor", [Last(), MeanM(), Shrink(), Ewma()], ids=lambda p: p.kind)
def test_every_predictor_works_with_the_least_it_asks_for(predictor: Predictor) -> None:
    (outlook,) = predictor.outlooks({"ann": [0.01] * predictor.least}).values()
    assert outlook.sigma == pytest.approx(0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "mean_m", "m": 1}, "greater than or equal to 2"),
        ({"kind": "shrink", "tau": -1}, "greater than or equal to 0"),
        ({"kind": "ewma", "half_life": 0}, "greater than 0"),
        ({"kind": "oracle"}, "'last', 'mean_m', 'ewma', 'shrink'"),
    ],
)
def test_nonsense_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(AnyPredictor).validate_python(given)
