"""The maze of keydoor, always the same: 16 cells, 19 passages, at most 7 moves between two cells."""

from __future__ import annotations

from collections.abc import Mapping

DRAWING = """\
a1--b1  c1--d1
|   |   |   |
a2  b2--c2  d2
|   |   |   |
a3--b3--c3  d3
|   |       |
a4--b4--c4--d4
"""
"""Cells by column and row; lines are passages."""

_ROWS = DRAWING.splitlines()
CELLS = tuple(sorted(cell for row in _ROWS[::2] for cell in row.replace("--", " ").split()))
"""All cells in order: a1, a2 … d4."""


def _passages() -> dict[str, tuple[str, ...]]:
    """Cell to the cells next to it that a line of the drawing joins to it, in order."""
    joined: dict[str, set[str]] = {cell: set() for cell in CELLS}
    for one in CELLS:
        line, at = 2 * (int(one[1]) - 1), 4 * "abcd".index(one[0])
        right = _ROWS[line][at + 4 : at + 6] if _ROWS[line][at + 2 : at + 4] == "--" else None
        down = _ROWS[line + 2][at : at + 2] if line + 1 < len(_ROWS) and _drawn(line + 1, at) else None
        for other in filter(None, (right, down)):
            joined[one].add(other)
            joined[other].add(one)
    return {cell: tuple(sorted(others)) for cell, others in joined.items()}


def _drawn(line: int, at: int) -> bool:
    return _ROWS[line][at : at + 1] == "|"


PASSAGES: Mapping[str, tuple[str, ...]] = _passages()


def _distances_to(goal: str) -> dict[str, int]:
    found = {goal: 0}
    reached = [goal]
    for cell in reached:  # grows while it is read: breadth first
        for other in PASSAGES[cell]:
            if other not in found:
                found[other] = found[cell] + 1
                reached.append(other)
    return found


_DISTANCE = {goal: _distances_to(goal) for goal in CELLS}


def distance(one: str, other: str) -> int:
    """Moves on a shortest route between two cells."""
    return _DISTANCE[other][one]


def step_toward(cell: str, goal: str) -> str:
    """The next cell on a shortest route: of several the first in the alphabet. The goal must be elsewhere."""
    return min(PASSAGES[cell], key=lambda other: (distance(other, goal), other))
