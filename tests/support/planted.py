"""Tables of activations whose truth is known: noise alike within runs, with or without a signal."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from probes.readers.table import Table, table_of

Labels = Literal["type", "state", "number"]


def draws(seed: int) -> Generator:
    return Generator(Philox(seed))


def noise(seed: int, *, runs: int, decisions: int, width: int, alike: float = 0.5) -> NDArray[np.float64]:
    """Rows [runs * decisions, width] of unit variance; `alike` of it is shared within a run (the ICC)."""
    chance = draws(seed)
    shared = chance.normal(size=(runs, 1, width)) * np.sqrt(alike)
    own = chance.normal(size=(runs, decisions, width)) * np.sqrt(1 - alike)
    return np.reshape(shared + own, (-1, width))


def labels(seed: int, kind: Labels, *, runs: int, decisions: int) -> NDArray[np.float64]:
    """Labels [runs * decisions]: one for each run, a chain that seldom changes, or a drifting number."""
    chance = draws(seed + 10**6)
    if kind == "type":
        return np.repeat(chance.permutation(np.arange(runs) % 2), decisions).astype(float)
    if kind == "number":
        return np.cumsum(chance.normal(size=(runs, decisions)), axis=1).reshape(-1)
    stays = chance.random((runs, decisions)) < 0.7
    y = chance.integers(0, 2, size=(runs, decisions))
    for step in range(1, decisions):
        y[:, step] = np.where(stays[:, step], y[:, step - 1], y[:, step])
    return y.reshape(-1).astype(float)


def null_table(
    seed: int, kind: Labels = "type", *, runs: int = 40, decisions: int = 20, layers: int = 4, width: int = 16
) -> Table:
    """Activations that know nothing of the labels, both alike within runs (alignment.md §3.2)."""
    y = labels(seed, kind, runs=runs, decisions=decisions)
    x = {
        layer: noise(1000 * seed + layer, runs=runs, decisions=decisions, width=width)
        for layer in range(layers)
    }
    values = y.tolist() if kind == "number" else [bool(value) for value in y]
    return table_of(x, values, np.repeat(np.arange(runs), decisions))


def planted_table(
    seed: int = 0,
    kind: Labels = "type",
    *,
    runs: int = 40,
    decisions: int = 8,
    width: int = 16,
    gaps: tuple[float, ...] = (0.0, 1.0, 2.0),
) -> Table:
    """Layer l moves by `gaps[l]` along a direction of its own as the label moves by one."""
    y = labels(seed, kind, runs=runs, decisions=decisions)
    x = {}
    for layer, gap in enumerate(gaps):
        direction = draws(seed + layer + 7).normal(size=width)
        rows = noise(1000 * seed + layer, runs=runs, decisions=decisions, width=width, alike=0.1)
        x[layer] = rows + gap * np.outer(y, direction / np.linalg.norm(direction))
    values = y.tolist() if kind == "number" else [bool(value) for value in y]
    return table_of(x, values, np.repeat(np.arange(runs), decisions))
