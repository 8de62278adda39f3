from __future__ import annotations

import numpy as np

from lab.align.transfer import left_out, untestable
from lab.core.streams import generator
from probes.readers.table import Table, table_of

N_RUNS, STEPS = 40, 4


def two_scenarios(*, flipped: bool = False, memory: bool = False) -> tuple[Table, np.ndarray, np.ndarray]:
    """One direction tells the label in both, or its opposite in the second; or only noise is shared."""
    draws = generator(1)
    runs = np.repeat(np.tile(np.arange(N_RUNS), 2), STEPS)
    cells = np.repeat(["a", "b"], N_RUNS * STEPS)
    y = (np.arange(N_RUNS) % 2)[runs]
    x = draws.normal(size=(len(runs), 8))
    if memory:
        x += 5 * draws.normal(size=(N_RUNS, 8))[runs]
    else:
        x[:, 0] += 3 * (2 * y - 1) * np.where(flipped & (cells == "b"), -1, 1)
    return table_of({1: x}, y.tolist(), runs), cells, runs % 5


def reached(**how: bool) -> dict[str, float]:
    table, cells, fold = two_scenarios(**how)
    found = left_out(table, cells, fold, layer=1, reader="logistic", bootstraps=50, seed=0)
    return {name: one.value for name, one in found.by_scenario.items()}


def test_a_direction_that_means_the_same_transfers() -> None:
    assert min(reached().values()) > 0.95


def test_a_direction_that_means_the_opposite_does_not() -> None:
    assert max(reached(flipped=True).values()) < 0.05


def test_runs_of_one_seed_are_not_read_by_a_fit_on_their_twins() -> None:
    assert max(reached(memory=True).values()) < 0.8


def test_one_scenario_or_one_value_cannot_be_left_out() -> None:
    table, cells, _ = two_scenarios()

    assert untestable(table, np.full(len(cells), "a")) is not None
    assert untestable(table, np.where(table.y == 1, "b", "a")) == "the variable has one value in a"
    assert untestable(table, cells) is None
