"""What `lab batch` ends with: each measure in each cell, declared comparisons, human values, troubles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.cli.printing import counted, interval, say
from lab.cli.sheets import HUMAN, tell_reference
from lab.cli.table import Cell, table

if TYPE_CHECKING:
    from lab.analysis.stats import Interval
    from lab.analysis.summary import CellMeasure, StudySummary
    from lab.analysis.verdicts import HypothesisResult

LEAST_P = 0.0001


def summary_sheet(summary: StudySummary) -> None:
    """Print a study in numbers."""
    _tell_measures(summary)
    _tell_hypotheses(summary)
    _tell_references(summary)
    _tell_troubles(summary)


def _tell_measures(summary: StudySummary) -> None:
    """One table, the cells of a measure under each other; columns that nobody needs are left out."""
    every = [one for cell in summary.cells for one in cell.measures]
    bounds, undefined = any(one.bounds for one in every), any(one.undefined for one in every)
    titles = ["measure", "runs", "mean", "95 % interval", "invalid"]
    titles += ["worst case"] * bounds + ["undefined"] * undefined
    rows: list[list[Cell]] = []
    for name, unit in dict.fromkeys((one.measure, one.unit) for one in every):
        rows += [[], [f"{name} ({unit})" if unit else name]]
        for cell in summary.cells:
            for one in (one for one in cell.measures if one.measure == name):
                row: list[Cell] = [f"  {cell.cell or 'all runs'}", one.n, one.mean, _ends(one.interval)]
                row.append("" if cell.invalid_rate is None else f"{cell.invalid_rate:.1%}")
                rows.append(row + [_ends(one.bounds)] * bounds + [_reasons(one)] * undefined)
    table(titles, rows)


def _reasons(one: CellMeasure) -> str:
    return "; ".join(f"{count}: {reason}" for reason, count in one.undefined.items())


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
    if not summary.references:
        return
    say(f"\n{HUMAN}")
    for found in summary.references:
        everywhere = len(found.cells) == len(summary.cells)
        tell_reference(found.measure, found.reference, cells=() if everywhere else found.cells)


def _tell_troubles(summary: StudySummary) -> None:
    if not summary.troubles:
        return
    say()
    titles = ("run", "cell", "replicate", "status", "error")
    rows = [(one.run, one.cell, str(one.replicate), one.status.value, one.error) for one in summary.troubles]
    table(titles, rows)
    more = sum(n for status, n in summary.status.counts.items() if status in ("failed", "stopped")) - len(
        rows
    )
    if more > 0:
        say(f"and {counted(more, 'run')} more: see the view v_failure")
