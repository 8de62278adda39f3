"""What `lab batch` ends with: each measure over the cells, the declared comparisons, human values, troubles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from lab.cli.printing import counted, interval, number, say
from lab.cli.sheets import reference_line
from lab.cli.table import Cell, table

if TYPE_CHECKING:
    from lab.analysis.stats import Interval
    from lab.analysis.summary import CellMeasure, CellSummary, StudySummary
    from lab.analysis.verdicts import HypothesisResult

LEAST_P = 0.0001


def summary_sheet(summary: StudySummary) -> None:
    """Print a study in numbers."""
    _tell_measures(summary)
    _tell_hypotheses(summary)
    _tell_references(summary)
    _tell_troubles(summary)


class _Entry(NamedTuple):
    """A measure in one cell."""

    cell: CellSummary
    one: CellMeasure


def _tell_measures(summary: StudySummary) -> None:
    """One table, the cells of a measure under each other; columns that nobody needs are left out."""
    entries = list(_entries(summary))
    undefined = any(entry.one.undefined for entry in entries)
    bounds = any(entry.one.bounds for entry in entries)
    titles = ["measure", "cell", "runs", "mean", "95 % interval", "invalid"]
    titles += ["worst case"] * bounds + ["undefined"] * undefined + ["unit"]
    rows: list[list[Cell]] = []
    before = None
    for cell, one in entries:
        first = one.measure != before
        if first and before is not None:
            rows.append([])
        row: list[Cell] = [one.measure if first else "", cell.cell or "all", one.n, one.mean, _ends(one.interval)]
        row.append("" if cell.invalid_rate is None else f"{cell.invalid_rate:.1%}")
        row += [_ends(one.bounds)] * bounds + [_reasons(one)] * undefined + [one.unit if first else ""]
        rows.append(row)
        before = one.measure
    table(titles, rows)


def _entries(summary: StudySummary) -> Iterator[_Entry]:
    """Measure by measure, the cells in file order."""
    names = dict.fromkeys(one.measure for cell in summary.cells for one in cell.measures)
    for name in names:
        for cell in summary.cells:
            yield from (_Entry(cell, one) for one in cell.measures if one.measure == name)


def _reasons(one: CellMeasure) -> str:
    return "; ".join(f"{count}: {reason}" for reason, count in one.undefined.items())


def _ends(found: Interval | None) -> str:
    return interval(found.low, found.high) if found else ""


def _tell_hypotheses(summary: StudySummary) -> None:
    if not summary.hypotheses:
        return
    say()
    titles = ("hypothesis", "measure", "difference", "seeds", "mean", "95 % interval", "p", "p (Holm)", "verdict")
    table(titles, [_hypothesis_row(one) for one in summary.hypotheses])
    for one in summary.hypotheses:
        for flag in one.flags:
            say(f"  {one.id}: {flag}")


def _hypothesis_row(one: HypothesisResult) -> tuple[Cell, ...]:
    found = one.comparison
    p_values = (_p(found.p_value), _p(one.p_holm))
    mean = number(found.mean_difference)
    return (one.id, one.measure, one.estimand, found.n_pairs, mean, _ends(found.interval), *p_values, one.verdict)


def _p(value: float | None) -> str:
    """A p-value; never zero."""
    if value is None:
        return "–"
    return f"{value:.4f}" if value >= LEAST_P else f"< {LEAST_P}"


def _tell_references(summary: StudySummary) -> None:
    if not summary.references:
        return
    say("\nhuman values, where they apply")
    for found in summary.references:
        everywhere = len(found.cells) == len(summary.cells)
        cells = "" if everywhere else f"; cells {' '.join(found.cells)}"
        say(reference_line(found.measure, found.reference) + cells)


def _tell_troubles(summary: StudySummary) -> None:
    if not summary.troubles:
        return
    say()
    titles = ("run", "cell", "replicate", "status", "error")
    rows = [(one.run, one.cell, str(one.replicate), one.status.value, one.error) for one in summary.troubles]
    table(titles, rows)
    more = sum(n for status, n in summary.status.counts.items() if status in ("failed", "stopped")) - len(rows)
    if more > 0:
        say(f"and {counted(more, 'run')} more: select * from v_failure")
