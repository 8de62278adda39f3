from __future__ import annotations

import pytest

from db.probes import get_probe
from db.store import Store
from lab.align.climb import climb
from lab.align.question import Budget
from lab.align.readings import (
    Reading,
    median_run,
    read_basis,
    readings_of,
    reference_of,
    scored_key,
    scored_run,
)
from lab.core.errors import UnknownName, UsageError
from tests.lab.align.conftest import ask


def reading(run: str, seq: int, score: float | None, *, truth: str = "false", cell: str = "a") -> Reading:
    return Reading(run, seq, seq, "ann", "weak", cell, 0, score, truth, None, 0, 1)


READ = (
    reading("calm", 1, 0.0),
    reading("calm", 2, 0.1),
    reading("wild", 1, -9.0, truth="true"),
    reading("wild", 2, 9.0, truth="true"),
    reading("usual", 1, 0.0, cell="b"),
    reading("usual", 2, 2.0, cell="b"),
    reading("short", 1, 4.0, cell="b"),
)


def test_the_run_shown_has_the_median_range() -> None:
    assert median_run(READ) == "usual"
    assert median_run(READ[:4]) == "calm"
    assert median_run(READ[-1:]) is None


def test_tokens_are_compared_with_the_negative_value_unless_told_otherwise() -> None:
    classes = ("false", "true")
    plain = reference_of(READ, "strong", None, classes)

    assert plain == ("decisions where strong is false", (0.0, 0.1, 0.0, 2.0, 4.0))
    assert reference_of(READ, "strong", "true", classes).scores == (-9.0, 9.0)
    assert reference_of(READ, "strong", "b", classes) == ("decisions of b", (0.0, 2.0, 4.0))
    assert reference_of(READ, "load", None, ()).name == "all decisions"
    with pytest.raises(UnknownName, match="unknown reference 'tru'"):
        reference_of(READ, "strong", "tru", classes)


def test_the_log_gives_scores_with_truth_and_place(log: Store) -> None:
    climbed = climb(log, ask("strong", level="L1"), budget=Budget(None))
    probe = get_probe(log, str(climbed.headlines[0].probe))
    found = readings_of(log, probe, study="claims")
    basis = read_basis(log, probe, found)

    assert len(found) == 192
    assert {one.truth for one in found} == {"true", "false"}
    assert all(one.oof and one.fold is not None and one.score is not None for one in found)
    assert readings_of(log, probe, study="others") == ()
    assert (basis.n_runs, basis.n_decisions, basis.split) == (48, 192, "5 folds by seed")
    assert basis.marks == ("single seed", "under 30 runs")


def test_what_was_not_read_is_refused_with_what_was(log: Store) -> None:
    with pytest.raises(UsageError, match="--at 7: run calm was read at decisions 1, 2"):
        scored_key(READ, "calm", 7)
    climb(log, ask("strong", level="L1", layer=1), budget=Budget(None))
    with pytest.raises(UsageError, match=r"says nothing of run other: `lab probe score \w+ other`"):
        scored_run(READ, get_probe(log, "last"), "other")
