from __future__ import annotations

import numpy as np
import pytest

from lab.core.errors import UsageError
from probes.readers.folds import run_folds
from probes.readers.metrics import primary
from probes.readers.table import Table, table_of
from probes.readers.text import Seen, text_baselines
from tests.support.planted import draws, planted_table


def scores(table: Table, seen: Seen) -> dict[str, float]:
    fold = run_folds(table.task, table.y, table.runs, seed=0)
    read = text_baselines(table, seen, fold)
    return {name: float(primary(table.task, table.y, one.guess(table.task))[0]) for name, one in read.items()}


def texts(table: Table) -> Seen:
    """Two digits a turn; their order alone tells the label."""
    chance = draws(5)
    pairs = [("3 7" if label else "7 3") for label in table.y]
    noise = [" ".join(chance.choice(list("abc"), size=6)) for _ in pairs]
    prefix = [f"{before} {pair}" for before, pair in zip(noise, pairs, strict=True)]
    return Seen(prefix=prefix, turn=pairs, actions=["raise" if label else "fold" for label in table.y])


def test_single_digits_and_their_order_are_read() -> None:
    found = scores(planted_table(0, "state"), texts(planted_table(0, "state")))
    assert set(found) == {"prefix", "turn", "end", "length", "step", "action"}
    assert found["turn"] == found["action"] == 1.0
    assert found["prefix"] > 0.95
    assert found["length"] == 0.5


def test_a_label_that_goes_with_the_step_is_read_from_the_step() -> None:
    steps = np.tile(np.arange(8), 20)
    table = table_of(
        {0: np.zeros((160, 1))}, [bool(step in (2, 5)) for step in steps], np.repeat(np.arange(20), 8)
    )
    assert scores(table, Seen()) == {"step": 1.0}


def test_a_label_that_goes_with_the_length_is_read_from_the_length() -> None:
    table = planted_table(0, "state")
    long = ["word " * (12 if label else 4) for label in table.y]
    assert scores(table, Seen(prefix=long))["length"] == 1.0


def test_numbers_and_classes_have_baselines_too() -> None:
    number = planted_table(0, "number")
    assert scores(number, Seen(turn=[f"t{round(one)}" for one in number.y]))["turn"] > 0.5
    names = [f"c{one % 3}" for one in range(120)]
    classes = table_of({0: np.zeros((120, 1))}, names, np.repeat(np.arange(20), 6))
    assert scores(classes, Seen(turn=names))["turn"] == 1.0


def test_texts_that_do_not_fit_are_refused() -> None:
    table = planted_table()
    with pytest.raises(UsageError, match="turn has 2 texts for 320 decisions"):
        scores(table, Seen(turn=["a", "b"]))
    with pytest.raises(UsageError, match="no prefix has a word in it"):
        scores(table, Seen(prefix=[" "] * 320))
