"""The one place that draws: what was read from an organism, as a PNG. Matplotlib is loaded when one is.

Equal inputs give equal bytes with one version of matplotlib: no date and no name of a program is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Grid = Sequence[Sequence[float]]

DOTS_PER_INCH = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A table as colors, [row, column], the first row on top.

    Attributes:
        title, rows, columns: what it shows, and what its rows and columns are.
        table: the values.
        diverging: whether colors part at 0, in place of growing from the least to the greatest value.
    """

    title: str
    rows: str
    columns: str
    table: Grid
    diverging: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Shares from 0 to 1 as bars; one without a value is told as such.

    Attributes:
        title, names: what they show, and what the bars stand for in common.
        shares: name to share, or None.
    """

    title: str
    names: str
    shares: Mapping[str, float | None]


def draw(title: str, panels: Sequence[Heat | Bars], *, columns: int) -> bytes:
    """The panels side by side under a title, as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    lines = -(-len(panels) // columns)
    figure = Figure(figsize=(5 * columns, 4.6 * lines + 0.5), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title)
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(lines, columns, number + 1)
        axes.set_title(panel.title, fontsize=10)
        if isinstance(panel, Heat):
            _heat(axes, panel)
        else:
            _bars(axes, panel)
    drawn = BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return drawn.getvalue()


def _heat(axes: Axes, panel: Heat) -> None:
    values = sorted(value for row in panel.table for value in row)
    low, high = (
        values[len(values) // 100],
        values[-1 - len(values) // 100],
    )  # 1 % at each end is cut off
    if panel.diverging:
        high = max(-low, high)
        low = -high
    n_rows, n_columns = len(panel.table), len(panel.table[0])
    image = axes.imshow(
        panel.table,
        cmap="RdBu_r" if panel.diverging else "viridis",
        vmin=low,
        vmax=high,
        extent=(0.5, n_columns + 0.5, n_rows + 0.5, 0.5),
        interpolation="nearest",
    )
    axes.set_xlabel(panel.columns)
    axes.set_ylabel(panel.rows)
    axes.figure.colorbar(image, ax=axes, shrink=0.85)


def _bars(axes: Axes, panel: Bars) -> None:
    names = list(panel.shares)
    heights = [panel.shares[name] or 0.0 for name in names]
    axes.bar(names, heights, color="#3b6ea5")
    for place, name in enumerate(names):
        share = panel.shares[name]
        told = "none" if share is None else f"{share:.3f}"
        axes.annotate(told, (place, heights[place] + 0.02), ha="center", fontsize=9)
    axes.set_ylim(0, 1.1)
    axes.set_xlabel(panel.names)
