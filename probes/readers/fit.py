"""A reader fitted on every run of a table, ready to be kept and applied to other runs."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from lab.core.errors import UsageError
from probes.readers.assessment import Assessment
from probes.readers.evaluate import ReaderName, is_hit, make_reader, platt
from probes.readers.files import Card, FittedProbe
from probes.readers.table import Table

PACKAGES = ("numpy", "scikit-learn")
"""What decides the weights, named on the card."""


class Source(NamedTuple):
    """Where the rows of a table come from.

    Attributes:
        variable: what is read.
        site, span: where in the model and at which tokens.
        artifact: the model that was read.
        tokenizer: hash of its tokenizer, where it is known.
        weights: hash of its weights, where it is known.
    """

    variable: str
    site: str
    span: str
    artifact: str
    tokenizer: str | None = None
    weights: str | None = None


def fit_probe(
    table: Table, assessment: Assessment, source: Source, *, layer: int, reader: ReaderName | None = None
) -> FittedProbe:
    """The reader fitted on all of `table`, with what was measured of it on held-out runs on its card.

    Args:
        table: what it is fitted on.
        assessment: of that table; its held-out scores calibrate the probabilities.
        source: where the rows come from.
        layer: the layer that is read.
        reader: one of the assessment's readers; the primary one by default.

    Raises:
        UsageError: when the table has no such layer, or lacks a class of the task.
    """
    name, x, task = reader or assessment.readers[0], table.layers[assessment.at(layer).layer], table.task
    missing = [value for value, count in table.counts.items() if not count]
    if missing:
        raise UsageError(f"no decision has the value '{missing[0]}': leave it out of the task")
    fitted = make_reader(name).fit(x, table.y if task.kind == "number" else table.y.astype(int))
    read = assessment.held_out[name, layer]
    card = Card(
        variable=source.variable,
        task=task,
        reader=name,
        site=source.site,
        layer=layer,
        span=source.span,
        width=x.shape[1],
        artifact=source.artifact,
        tokenizer=source.tokenizer,
        weights=source.weights,
        data=assessment.data,
        folds=assessment.fold_hash,
        metrics=_metrics(assessment, layer, name),
        versions={package: version(package) for package in PACKAGES},
    )
    calibration = np.full(2, np.nan)
    if task.kind != "number":
        calibration = platt(is_hit(task, table.y, read.decision), read.score)
    return FittedProbe(card, np.asarray(fitted.weight_), np.asarray(fitted.bias_), calibration)


def _metrics(assessment: Assessment, layer: int, reader: ReaderName) -> dict[str, Any]:
    reading = next(one for one in assessment.to_json()["layers"] if one["layer"] == layer)
    value, low, high = reading["reading" if reader == assessment.readers[0] else "plain"]
    found = {assessment.metric: value, "low": low, "high": high, "p": reading["p"]}
    return found | reading["further"] if reader == assessment.readers[0] else found
