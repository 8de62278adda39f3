from __future__ import annotations

from dataclasses import replace

import pytest

from lab.analysis.stats import Interval
from lab.analysis.summary import StudySummary, Trouble
from lab.api import get_study
from lab.cli.summaries import MOST_TROUBLES, summary_sheet
from lab.core.records import RunStatus
from tests.lab.cli.conftest import Log


@pytest.fixture(scope="module")
def summary(log: Log) -> StudySummary:
    return get_study("small", db=log.db).summary()


def printed(summary: StudySummary, capsys: pytest.CaptureFixture[str]) -> list[str]:
    summary_sheet(summary)
    return capsys.readouterr().out.splitlines()


def test_every_cell_has_a_row_below_its_measure(
    summary: StudySummary, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(summary, capsys)
    start = lines.index("contribution_share (share of endowment)")
    for cell, line in zip(summary.cells, lines[start + 1 :], strict=False):
        one = cell.measures[0]
        assert line.split()[:3] == [cell.cell, str(one.n), f"{one.mean:.3f}"]


def test_columns_that_nobody_needs_are_left_out(
    summary: StudySummary, capsys: pytest.CaptureFixture[str]
) -> None:
    assert printed(summary, capsys)[0].split()[-1] == "invalid"
    cell = summary.cells[0]
    odd = replace(cell.measures[0], undefined={"no member acted": 2}, bounds=Interval(0.1, 0.9))
    changed = replace(summary, cells=(replace(cell, measures=(odd,), invalid_rate=0.25), *summary.cells[1:]))
    lines = printed(changed, capsys)
    row = next(line for line in lines if line.strip().startswith(cell.cell))
    assert lines[0].endswith("worst case      undefined")
    assert row.endswith("25.0%  [0.100, 0.900]  2 (a)")
    assert "(a) no member acted" in lines


def test_what_must_be_known_of_a_value_stands_beside_it(
    summary: StudySummary, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = summary.cells[0]
    marked = replace(cell.measures[0], remarks={"by construction": 5})
    changed = replace(summary, cells=(replace(cell, measures=(marked,)), *summary.cells[1:]))
    lines = printed(changed, capsys)
    assert lines[0].endswith("note")
    assert next(line for line in lines if line.strip().startswith(cell.cell)).endswith("(a)")
    assert "(a) by construction" in lines


def test_a_hypothesis_shows_difference_p_and_verdict(
    summary: StudySummary, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(summary, capsys)
    row = next(line for line in lines if line.startswith("H1"))
    (one,) = summary.hypotheses
    assert row.split()[1:3] == [str(one.comparison.n_pairs), f"{one.comparison.mean_difference:.3f}"]
    assert row.endswith(one.verdict)


def test_troubles_are_listed_with_their_errors(
    summary: StudySummary, capsys: pytest.CaptureFixture[str]
) -> None:
    one = Trouble(RunStatus.FAILED, "KeyError: 'x'", 3, ("punish=0", "punish=3"), "abc")
    lines = printed(replace(summary, troubles=(one,) * (MOST_TROUBLES + 2)), capsys)
    assert lines[-3:] == [
        "3 runs failed: KeyError: 'x'",
        "      in punish=0 and punish=3, the first is abc",
        "and 6 runs more: see the view v_failure",
    ]


def test_a_human_value_names_the_cells_it_fits(
    summary: StudySummary, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = printed(summary, capsys)
    assert "human values from nearby designs" in lines
    assert "      design of punish=3,bob=free_rider and punish=3,bob=full_contributor" in lines
