from __future__ import annotations

import numpy as np
import pytest

from lab.align.association import associate
from lab.align.outcomes import Behavior

KEYS = [(f"r{number % 10}", number) for number in range(60)]
SCORES = np.arange(60.0)
RUNS = np.arange(60) % 10


def test_the_rate_of_an_action_is_told_by_thirds_of_the_score() -> None:
    acts = {key: "go" if number >= 40 else "stay" for number, key in enumerate(KEYS)}
    found = associate(Behavior("move", "phase", acts), KEYS, SCORES, RUNS, seed=0, bootstraps=100)

    assert found is not None
    assert found.outcome == "rate of `go` at `move`"
    assert [(one.name, one.n, one.estimate.value) for one in found.bins] == [
        ("low", 20, 0.0),
        ("middle", 20, 0.0),
        ("high", 20, 1.0),
    ]


def test_of_numbers_the_mean_is_told() -> None:
    sizes = {key: float(number) for number, key in enumerate(KEYS)}
    found = associate(Behavior("size", "measure", sizes), KEYS, SCORES, RUNS, seed=0, bootstraps=100)

    assert found is not None
    assert [one.estimate.value for one in found.bins] == pytest.approx([9.5, 29.5, 49.5])
    assert all(one.estimate.low is not None and one.estimate.low < one.estimate.value for one in found.bins)


def test_too_few_decisions_tell_nothing() -> None:
    few = Behavior("move", "phase", dict.fromkeys(KEYS[:5], "go"))

    assert associate(few, KEYS, SCORES, RUNS, seed=0, bootstraps=10) is None
