"""Everything the claim ladder asks about one variable, at every layer, measured at once (alignment.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from lab.core.canonical import value_hash
from lab.core.errors import UsageError
from probes.readers.assessment import Assessment, LayerReading, Settings
from probes.readers.bootstrap import CROSS_FITTED, Counts, estimate, resampled_runs, spread
from probes.readers.control import control_scores
from probes.readers.evaluate import READERS, HeldOut, Sweep, layer_sweep, nested
from probes.readers.folds import run_folds
from probes.readers.metrics import (
    Estimate,
    Floats,
    average_precision,
    macro_auroc,
    primary,
    recall,
    spearman,
)
from probes.readers.permutation import permutation_test
from probes.readers.table import Table
from probes.readers.text import Seen, text_baselines


class Reading(NamedTuple):
    """A figure and its values over the resampled runs [bootstraps]."""

    value: float
    resampled: Floats

    @property
    def estimate(self) -> Estimate:
        found = estimate(self.value, self.resampled, stretch=CROSS_FITTED)
        return found._replace(high=float(np.minimum(found.high, 1.0)))  # no metric goes beyond 1; NaN stays

    def over(self, other: Reading) -> Estimate:
        """This less the other, on the same resampled runs."""
        return estimate(self.value - other.value, self.resampled - other.resampled, stretch=CROSS_FITTED)


@dataclass(frozen=True, slots=True, eq=False)
class Ruler:
    """Measures readings of one table, all on the same resampled runs."""

    table: Table
    counts: Counts

    def measure(self, read: HeldOut) -> Reading:
        table, guess = self.table, read.guess(self.table.task)
        resampled = spread(table.task, table.y, guess, runs=table.runs, counts=self.counts)
        return Reading(float(primary(table.task, table.y, guess)[0]), resampled)


def assess(
    table: Table, *, text: Seen | None = None, twin: Table | None = None, settings: Settings | None = None
) -> Assessment:
    """What can be read of `table`, layer by layer, beside every control; deterministic.

    Args:
        table: activations, labels and runs.
        text: what the agent could see, row by row.
        twin: the same rows through an untrained copy of the model.
        settings: how to measure.

    Raises:
        UsageError: for too few runs, a text that does not fit, or a twin with other rows or layers.
    """
    how = settings or Settings()
    _refuse_other_rows(table, twin)
    fold = run_folds(table.task, table.y, table.runs, seed=how.seed, n_folds=how.folds)
    ruler = Ruler(table, resampled_runs(table.n_runs, bootstraps=how.bootstraps, seed=how.seed))
    first, closed = READERS[table.task.kind]
    sweeps = (layer_sweep(table, first, fold), layer_sweep(table, closed, fold))
    untrained = layer_sweep(twin, first, fold) if twin else None
    baselines = text_baselines(table, text, fold) if text else {}
    texts = {name: ruler.measure(read) for name, read in baselines.items()}
    best = max(texts, key=lambda name: (texts[name].value, name)) if texts else None
    control = control_scores(table, first, n_folds=how.folds, controls=how.controls, seed=how.seed)
    chance = permutation_test(table, fold, permutations=how.permutations, seed=how.seed)
    shuffled = chance.by_layer
    chosen = nested(table, sweeps[0])
    rival = texts[best] if best else None
    return Assessment(
        task=table.task,
        metric=table.task.metric,
        floor=_floor(table),
        readers=(first, closed),
        n_runs=table.n_runs,
        n_decisions=len(table.y),
        counts=table.counts,
        runs_by_value=table.runs_by_value,
        layers=tuple(
            _layer(ruler, layer, sweeps, untrained, rival, control=control[layer], p=shuffled[layer])
            for layer in table.layers
        ),
        nested=ruler.measure(chosen.held_out).estimate,
        nested_layer=chosen.layer,
        nested_choices=chosen.chosen,
        p=chance.p,
        ceiling=chance.ceiling,
        text={name: reading.estimate for name, reading in texts.items()},
        best_text=best,
        data=table.digest,
        fold_hash=value_hash(fold.tolist()),
        settings=how,
        held_out={(sweep.reader, layer): read for sweep in sweeps for layer, read in sweep.layers.items()},
        text_held_out=baselines,
    )


def further_metrics(table: Table, read: HeldOut) -> dict[str, float]:
    """What else is printed of a reading beside the task's metric; NaN where undefined."""
    y, score = table.y, read.decision[:, 0]
    if table.task.kind == "number":
        return {"spearman": spearman(y, score), "mean_absolute_error": float(np.abs(y - score).mean())}
    right = float((read.predicted(table.task) == y).mean())
    shares = np.bincount(y.astype(int)) / len(y)
    both = {"accuracy": right, "majority": float(shares.max())}
    if table.task.kind == "classes":
        return both | {"macro_auroc": macro_auroc(y, read.decision)}
    return both | {
        "average_precision": average_precision(y, score),
        "base_rate": float(y.mean()),
        "brier": float(((read.p - y) ** 2).mean()),
        "recall_at_1pct_fpr": recall(y, score),
    }


def _layer(
    ruler: Ruler,
    layer: int,
    sweeps: tuple[Sweep, Sweep],
    untrained: Sweep | None,
    text: Reading | None,
    *,
    control: float,
    p: float,
) -> LayerReading:
    first, closed = (ruler.measure(sweep.layers[layer]) for sweep in sweeps)
    twin = ruler.measure(untrained.layers[layer]) if untrained else None
    return LayerReading(
        layer=layer,
        reading=first.estimate,
        plain=closed.estimate,
        p=p,
        control=control,
        selectivity=first.value - max(control, _floor(ruler.table)),
        over_text=first.over(text) if text else None,
        twin=twin.estimate if twin else None,
        over_twin=first.over(twin) if twin else None,
        further=further_metrics(ruler.table, sweeps[0].layers[layer]),
    )


def _floor(table: Table) -> float:
    """What the metric shows by chance."""
    if table.task.kind == "binary":
        return 0.5
    return 0.0 if table.task.kind == "number" else max(table.counts.values()) / len(table.y)


def _refuse_other_rows(table: Table, twin: Table | None) -> None:
    if twin is None:
        return
    if not np.array_equal(table.y, twin.y) or not np.array_equal(table.runs, twin.runs):
        raise UsageError(
            "the untrained twin was read at other decisions: give it the same rows in the same order"
        )
    if list(table.layers) != list(twin.layers):
        raise UsageError(f"the untrained twin has layers {list(twin.layers)}, not {list(table.layers)}")
