"""Tables: drawn by Rich on a terminal, aligned plain text everywhere else; numbers stand to the right."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence

from lab.cli.printing import is_terminal, number

Cell = str | int | float | None
GAP = "  "


def shown(cell: Cell) -> str:
    """A cell as text: numbers for reading, nothing for None."""
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else number(cell)


def table(
    titles: Sequence[str], rows: Iterable[Sequence[Cell]], *, show: Callable[[Cell], str] = shown
) -> None:
    """Print rows under their titles.

    Args:
        titles: the names of the columns.
        rows: the cells; a column without any text holds numbers and is aligned to the right. An empty row
            parts the rows before it from those after.
        show: how a cell becomes text.
    """
    cells = [list(row) for row in rows]
    right = [_is_numeric([row[column] for row in cells if row]) for column in range(len(titles))]
    texts = [[show(cell) for cell in row] for row in cells]
    if is_terminal(sys.stdout):
        _draw(titles, texts, right)
    else:
        _write(titles, texts, right)


def _is_numeric(column: Sequence[Cell]) -> bool:
    return any(cell is not None for cell in column) and not any(isinstance(cell, str) for cell in column)


def _write(titles: Sequence[str], texts: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    widths = [max(map(len, column)) for column in zip(titles, *filter(None, texts), strict=True)]
    for row in (titles, *texts):
        aligned = (
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(row, widths if row else (), right if row else (), strict=True)
        )
        print(GAP.join(aligned).rstrip())


def _draw(titles: Sequence[str], texts: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title, to_right in zip(titles, right, strict=True):
        drawn.add_column(Text(title), justify="right" if to_right else "left", overflow="fold")
    for row in texts:
        if row:
            drawn.add_row(*map(Text, row))
        else:
            drawn.add_section()
    Console(highlight=False).print(drawn)
