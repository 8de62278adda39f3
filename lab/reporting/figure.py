"""A figure: one Vega-Lite specification that is drawn everywhere, beside the table of what it draws."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import altair

from lab.core.canonical import canonical
from lab.reporting.colors import INK, MUTED, PAPER, RULE
from lab.reporting.letters import legible
from lab.reporting.page import figure_block, write_page
from lab.reporting.rendering import png, svg

if TYPE_CHECKING:
    from polars import DataFrame

    from lab.reporting.inputs import Basis

Chart: TypeAlias = altair.LayerChart | altair.FacetChart | altair.VConcatChart

WIDTH_PX = 640
"""Of the drawing area."""

FONT = "system-ui, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif"
MONO = "'SFMono-Regular', Menlo, 'Liberation Mono', 'DejaVu Sans Mono', monospace"

_TITLE_LETTERS = 78
_SUBTITLE_LETTERS = 104


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its table twin; equal inputs give equal specifications, HTML and CSV.

    Attributes:
        title: what is shown.
        subtitle: model, runs, decisions, split and marks; how to read the marks.
        chart: of Altair, without title.
        table: every value that is drawn.
    """

    title: str
    subtitle: tuple[str, ...]
    chart: Chart
    table: DataFrame

    def spec(self) -> str:
        """The whole Vega-Lite specification as canonical JSON."""
        return canonical(_dressed(self).to_dict())

    def svg(self) -> str:
        """The drawing as SVG."""
        return svg(self.spec())

    def png(self) -> bytes:
        """The drawing as PNG, two pixels a point."""
        return png(self.spec())

    def csv(self) -> str:
        """The table as CSV."""
        return self.table.write_csv()

    def html_fragment(self, number: int = 1) -> str:
        """The figure as a part of a page of `lab.reporting.page`: drawing, script data and table."""
        return figure_block(self, number)

    def save(self, folder: Path, name: str) -> tuple[Path, Path, Path]:
        """The written ``name.html`` (self-contained), ``name.png`` and ``name.csv`` in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        page, image, table = (folder / f"{name}.{kind}" for kind in ("html", "png", "csv"))
        write_page(page, title=self.title, body=figure_block(self, 1))
        image.write_bytes(self.png())
        table.write_text(self.csv(), encoding="utf-8", newline="")
        return page, image, table


def basis_lines(basis: Basis, *more: str) -> tuple[str, ...]:
    """The subtitle of a figure: what it stands on, what marks it, and `more`."""
    counts = f"{_count(basis.n_runs, 'run')}, {_count(basis.n_decisions, 'decision')}"
    stands = " · ".join(part for part in (basis.model, counts, basis.split, basis.place) if part)
    marks = f"note: {', '.join(basis.marks)}" if basis.marks else ""
    return tuple(line for line in (stands, marks, *more) if line)


def drawn_rows(table: DataFrame) -> altair.InlineData:
    """The rows of `table` as the data of a chart, in order; nothing is drawn from elsewhere."""
    return altair.InlineData(values=table.to_dicts())


def _dressed(figure: Figure) -> Chart:
    """The chart with its title and the house's looks."""
    title = altair.TitleParams(
        text=_wrapped([figure.title], _TITLE_LETTERS),
        subtitle=_wrapped(figure.subtitle, _SUBTITLE_LETTERS),
    )
    titled: Chart = figure.chart.properties(title=title, background=PAPER, padding=12)
    dressed: Chart = titled.configure(**_LOOKS)
    return dressed


_LOOKS: Mapping[str, Any] = {
    "font": FONT,
    "view": altair.ViewConfig(stroke=None),
    "title": altair.TitleConfig(
        anchor="start", frame="group", fontSize=15, fontWeight=600, color=INK, subtitleColor=MUTED,
        subtitleFontSize=11.5, subtitleLineHeight=16, subtitlePadding=5, offset=14, limit=0,
    ),
    "axis": altair.AxisConfig(
        gridColor=RULE, gridOpacity=0.6, domainColor=MUTED, tickColor=MUTED, labelColor=INK, titleColor=INK,
        labelFontSize=11, titleFontSize=12, titleFontWeight=500, titlePadding=8,
    ),
    "legend": altair.LegendConfig(
        orient="bottom", labelFontSize=11.5, labelColor=INK, labelLimit=0, titleFontSize=11.5,
        titleFontWeight=500, titleColor=MUTED, symbolStrokeWidth=2.2, columnPadding=18, offset=14,
    ),
}  # fmt: skip


def _wrapped(lines: Sequence[str], letters: int) -> list[str]:
    """The lines, none longer than `letters`: Vega cuts long titles off."""
    return [part for line in lines for part in textwrap.wrap(legible(line), letters)]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
