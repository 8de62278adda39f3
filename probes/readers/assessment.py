"""What an assessment holds: for one variable, every number the claim ladder asks for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from lab.core.errors import UsageError
from probes.readers.bootstrap import BOOTSTRAPS
from probes.readers.control import CONTROLS
from probes.readers.evaluate import HeldOut, ReaderName
from probes.readers.metrics import Estimate
from probes.readers.permutation import PERMUTATIONS
from probes.readers.table import N_FOLDS
from probes.readers.tasks import Task


@dataclass(frozen=True, slots=True)
class Settings:
    """How it is measured; with the table and the code this decides every number.

    Attributes:
        folds: of whole runs.
        bootstraps: resamples of the runs.
        permutations: shuffles of the labels.
        controls: control tasks averaged.
        seed: of folds, resamples, shuffles and controls.
    """

    folds: int = N_FOLDS
    bootstraps: int = BOOTSTRAPS
    permutations: int = PERMUTATIONS
    controls: int = CONTROLS
    seed: int = 0


@dataclass(frozen=True, slots=True)
class LayerReading:
    """What one layer shows on held-out runs, in the task's metric.

    Attributes:
        layer: 0 is the embedding.
        reading: the primary reader.
        plain: the closed-form reader beside it.
        p: how often shuffled labels do as well as the closed form does here, at their best layer.
        control: the primary reader on control tasks, mean.
        selectivity: reading less control, or less chance where the control is below it.
        over_text: reading less the best text baseline; None without text.
        twin: the primary reader on an untrained copy; None without one.
        over_twin: reading less twin.
        further: other metrics of the primary reader; NaN where undefined.
    """

    layer: int
    reading: Estimate
    plain: Estimate
    p: float
    control: float
    selectivity: float
    over_text: Estimate | None
    twin: Estimate | None
    over_twin: Estimate | None
    further: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Assessment:
    """All of it, for one variable.

    Attributes:
        task: what is read.
        metric: ``auroc``, ``accuracy`` or ``r2``: what all estimates are of.
        floor: what the metric shows by chance: .5, the share of the commonest value, or 0.
        readers: the primary reader, the closed form.
        n_runs, n_decisions: how many.
        counts: decisions with each value; empty for numbers.
        runs_by_value: runs in which each value occurs; empty for numbers.
        layers: what each layer shows, in order.
        nested: the primary reader at layers chosen within training runs, each fold for itself.
        nested_layer: the layer most folds chose.
        nested_choices: the layer each fold chose.
        p: of the sweep: how often shuffled labels do as well at their best layer.
        ceiling: what 95 % of shuffles stay below at their best layer.
        text: each text baseline; empty without text.
        best_text: the best of them.
        data, fold_hash: content addresses of the table and of its folds.
        settings: how it was measured.
        held_out: what each reader says of each row, by reader and layer; left out of the JSON.
        text_held_out: what each text baseline says of each row; left out of the JSON.
    """

    task: Task
    metric: str
    floor: float
    readers: tuple[ReaderName, ReaderName]
    n_runs: int
    n_decisions: int
    counts: Mapping[str, int]
    runs_by_value: Mapping[str, int]
    layers: tuple[LayerReading, ...]
    nested: Estimate
    nested_layer: int
    nested_choices: tuple[int, ...]
    p: float
    ceiling: float
    text: Mapping[str, Estimate]
    best_text: str | None
    data: str
    fold_hash: str
    settings: Settings
    held_out: Mapping[tuple[ReaderName, int], HeldOut] = field(compare=False, repr=False)
    text_held_out: Mapping[str, HeldOut] = field(compare=False, repr=False)

    def at(self, layer: int) -> LayerReading:
        """What one layer shows.

        Raises:
            UsageError: when the table has no such layer.
        """
        for reading in self.layers:
            if reading.layer == layer:
                return reading
        known = ", ".join(str(reading.layer) for reading in self.layers)
        raise UsageError(f"no layer {layer} was read (known: {known})")

    def to_json(self) -> dict[str, Any]:
        """The numbers as JSON data: an estimate is [value, low, high], what is undefined is null."""
        names = [entry.name for entry in fields(self) if not entry.name.endswith("held_out")]
        return {name: _plain(getattr(self, name)) for name in names}


def _plain(value: Any) -> Any:
    """JSON data: tuples as lists, dataclasses as objects, what is not finite as null."""
    if is_dataclass(value):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
