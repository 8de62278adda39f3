"""What `lab batch` ends with: each measure in each cell, declared comparisons, human values, troubles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain, count
from string import ascii_lowercase
from typing import TYPE_CHECKING

from lab.cli.printing import counted, interval, say
from lab.cli.sheets import tell_references
from lab.cli.table import Cell, table

if TYPE_CHECKING:
    from lab.analysis.stats import Interval
    from lab.analysis.summary import CellMeasure, StudySummary
    from lab.analysis.verdicts import HypothesisResult

LEAST_P = 0.0001
MOST_TROUBLES = 10


def summary_sheet(summary: StudySummary) -> None:
    """Print a study in numbers."""
    _tell_measures(summary)
    _tell_hypotheses(summary)
    _tell_references(summary)
    _tell_troubles(summary)


def _tell_measures(summary: StudySummary) -> None:
    """One table, the cells of a measure under each other; columns that nobody needs are left out."""
    every = [one for cell in summary.cells for one in cell.measures]
    bounds, notes = any(one.bounds for one in every), _notes(every)
    titles = ["measure", "runs", "mean", "95 % interval", "invalid"]
    titles += ["worst case"] * bounds
    titles += ["note" if any(one.remarks for one in every) else "undefined"] * bool(notes)
    rows: list[list[Cell]] = []
    for name, unit in dict.fromkeys((one.measure, one.unit) for one in every):
        rows += [[], [f"{name} ({unit})" if unit else name]]
        for cell in summary.cells:
            for one in (one for one in cell.measures if (one.measure, one.unit) == (name, unit)):
                row: list[Cell] = [f"  {cell.cell or 'all runs'}", one.n, one.mean, _ends(one.interval)]
                row.append("" if cell.invalid_rate is None else f"{cell.invalid_rate:.1%}")
                rows.append(row + [_ends(one.bounds)] * bounds + [_noted(one, notes)] * bool(notes))
    table(titles, rows)
    if notes:
        say()
    for reason, letter in notes.items():
        say(f"({letter}) {reason}")


def _notes(every: Iterable[CellMeasure]) -> dict[str, str]:
    """A letter for each reason why a measure has no value, and for each remark on one that has."""
    reasons = dict.fromkeys(reason for one in every for reason in (*one.undefined, *one.remarks))
    return dict(zip(reasons, chain(ascii_lowercase, map(str, count(1))), strict=False))


def _noted(one: CellMeasure, notes: Mapping[str, str]) -> str:
    """How many runs have no value for which reason, and what must be known of the others: ``10 (a), (b)``."""
    missing = [f"{runs} ({notes[reason]})" for reason, runs in one.undefined.items()]
    return ", ".join([*missing, *(f"({notes[remark]})" for remark in one.remarks)])


def _ends(found: Interval | None) -> str:
    return interval(found.low, found.high) if found else ""


def _tell_hypotheses(summary: StudySummary) -> None:
    if not summary.hypotheses:
        return
    say()
    titles = ("hypothesis", "seeds", "difference", "95 % interval", "p", "p (Holm)", "verdict")
    table(titles, [_hypothesis_row(one) for one in summary.hypotheses])
    for one in summary.hypotheses:
        over = f", mean over {' and '.join(one.averaged_over)}" if one.averaged_over else ""
        say(f"  {one.id}: {one.measure}, {one.estimand}, expected {one.direction}{over}")
        for flag in one.flags:
            say(f"      {flag}")


def _hypothesis_row(one: HypothesisResult) -> tuple[Cell, ...]:
    found = one.comparison
    numbers = (found.n_pairs, found.mean_difference, _ends(found.interval), _p(found.p_value), _p(one.p_holm))
    return (one.id, *numbers, one.verdict)


def _p(value: float | None) -> str:
    """A p-value; never zero."""
    if value is None:
        return "–"
    return f"{value:.4f}" if value >= LEAST_P else f"< {LEAST_P}"


def _tell_references(summary: StudySummary) -> None:
    every = len(summary.cells)
    tell_references(replace(one, cells=()) if len(one.cells) == every else one for one in summary.references)


def _tell_troubles(summary: StudySummary) -> None:
    if not summary.troubles:
        return
    say()
    for one in summary.troubles[:MOST_TROUBLES]:
        cells = "all cells" if len(one.cells) == len(summary.cells) > 1 else " and ".join(one.cells)
        say(f"{counted(one.runs, 'run')} {one.status}: {one.error or 'ended from outside'}")
        say(f"      {f'in {cells}, ' if cells else ''}the first is {one.first}")
    more = sum(one.runs for one in summary.troubles[MOST_TROUBLES:])
    if more:
        say(f"and {counted(more, 'run')} more: see the view v_failure")
