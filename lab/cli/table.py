"""Tables as aligned text: numbers stand to the right, titles are bold on a terminal, no line is folded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from lab.cli.printing import Line, Span, number, paint

Cell = str | int | float | None
Row = Sequence[Cell]
GAP = "  "
BOLD = "bold"
_NUMERIC = re.compile(r"[-+–<]? ?[\d.,]*%?")


def shown(cell: Cell) -> str:
    """A cell as text: numbers for reading, nothing for None."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else number(cell)


def table(titles: Sequence[str], rows: Iterable[Row], *, show: Callable[[Cell], str] = shown) -> None:
    """Print rows under their titles.

    Args:
        titles: the names of the columns.
        rows: the cells. A row of one cell in a table of several columns is a heading that stands across; an
            empty row is an empty line.
        show: how a cell becomes text.
    """
    paint(_lines(titles, [[" ".join(show(cell).splitlines()) for cell in row] for row in rows]))


def _lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    full = [row for row in rows if len(row) == len(titles)]
    columns = list(zip(*full, strict=True)) or [()] * len(titles)
    right = [any(column) and all(map(_NUMERIC.fullmatch, column)) for column in columns]
    widths = [max(map(len, (title, *column))) for title, column in zip(titles, columns, strict=True)]

    def aligned(row: Sequence[str]) -> str:
        cells = zip(row, widths, right, strict=True)
        return GAP.join(
            text.rjust(width) if to_right else text.ljust(width) for text, width, to_right in cells
        )

    yield (Span(aligned(titles).rstrip(), BOLD),)
    for row in rows:
        if len(row) == len(titles):
            yield (Span(aligned(row).rstrip()),)
        else:
            yield (Span(GAP.join(row), BOLD),)
