"""The record of verified oracles."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from tests.support.verified import Ledger, Recorder, table

TEST = "tests/test_game.py::test_play"


def report(outcome: Literal["passed", "failed"], *figures: tuple[str, object]) -> pytest.TestReport:
    """How pytest reports a test that recorded `figures`."""
    kept: list[tuple[str, object]] = []
    for oracle, figure in figures:
        Recorder(lambda name, value: kept.append((name, value))).record(oracle, figure)
    return pytest.TestReport(
        TEST, ("tests/test_game.py", 1, "test_play"), {}, outcome, None, "call", user_properties=kept
    )


def test_figures_of_a_passed_test_are_taken_up_again_at_the_same_commit(tmp_path: Path) -> None:
    Ledger(tmp_path, "abc", writes=True).pytest_runtest_logreport(report("passed", ("recovery", 50)))
    assert Ledger(tmp_path, "abc", writes=True).figures == {TEST: [["recovery", "50"]]}
    assert Ledger(tmp_path, "def", writes=True).figures == {}


def test_figures_of_a_changed_tree_are_not_taken_up_again(tmp_path: Path) -> None:
    Ledger(tmp_path, "abc-dirty", writes=True).pytest_runtest_logreport(report("passed", ("recovery", 50)))
    assert Ledger(tmp_path, "abc-dirty", writes=True).figures == {}


def test_a_failed_test_is_run_again_and_stands_in_the_table(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, "abc", writes=True)
    ledger.pytest_runtest_logreport(report("failed", ("recovery", 50)))
    assert ledger.figures == {}
    assert f"| {TEST} | **failed** |" in table("abc", ledger.figures, ledger.failed)


def test_only_the_process_that_hears_of_all_tests_writes(tmp_path: Path) -> None:
    Ledger(tmp_path, "abc", writes=False).pytest_runtest_logreport(report("passed", ("recovery", 50)))
    assert list(tmp_path.iterdir()) == []


def test_a_row_names_oracle_figure_and_command() -> None:
    text = table("abc-dirty", {TEST: [["P(call | strong)", "0.5"]]}, [])
    assert "commit `abc` with uncommitted changes" in text
    assert f"| P(call \\| strong) | 0.5 | `pytest -m verify '{TEST}'` |" in text
