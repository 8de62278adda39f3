"""One palette for every figure and page.

Series use Okabe and Ito's colors, which people with color-blindness tell apart (Color Universal Design,
2008); baselines differ in dash as well. The diverging scale runs from blue over white to orange, light enough
at both ends for black text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.reporting.inputs import BaselineKind

INK = "#1b1f24"
MUTED = "#59636e"
RULE = "#d1d9e0"
PAPER = "#ffffff"
SHADE = "#e4e7eb"

SERIES = ("#0072b2", "#d55e00", "#cc79a7", "#009e73", "#e69f00", "#56b4e9")
"""Of readers, agents and whatever else comes in any number."""

BASELINES: dict[BaselineKind, tuple[str, tuple[int, int]]] = {
    "text": ("#1b1f24", (7, 3)),
    "twin": ("#8a5a00", (3, 3)),
    "control": ("#7d8590", (1, 3)),
    "bayes": ("#009e73", (11, 3)),
}
"""Color and dash of each baseline."""

LOW, MIDDLE, HIGH = "#5aa9d6", "#ffffff", "#f0923b"
"""Of scores below, at and above the reference median."""

TRUE, FALSE = "#00734f", "#b3261e"
"""Underlines of true and false claims."""


def series_color(index: int) -> str:
    """The color of the `index`-th series, from 0; they repeat after the last."""
    return SERIES[index % len(SERIES)]
