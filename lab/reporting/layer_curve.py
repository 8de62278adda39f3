"""The layer curve: what a reader reaches at each layer, between what chance and what the text reach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import floor
from typing import Any, Literal

import altair
import polars

from lab.core.canonical import settled_float
from lab.reporting.colors import BASELINES, INK, MUTED, SHADE, series_color
from lab.reporting.figure import WIDTH_PX, Chart, Figure, basis_lines, drawn_rows
from lab.reporting.inputs import Baseline, BaselineKind, LayerCurve

NAMES: dict[BaselineKind, str] = {
    "text": "visible text",
    "twin": "untrained twin",
    "control": "control task",
    "bayes": "Bayes ceiling",
}
READERS = {"diff_means": "difference of means"}
NULL = "best layer, labels shuffled"

_HEIGHT_PX = 300
_MOST_LABELS = 17
_HEADROOM = 0.04
_LEAST = -1.0
"""A held-out R2 has no lower bound; the drawing has."""

Kind = Literal["reader", "baseline", "permuted", "chance"]
_SCHEMA = {
    "kind": polars.String,
    "series": polars.String,
    "layer": polars.Int64,
    "value": polars.Float64,
    "low": polars.Float64,
    "high": polars.Float64,
    "headline": polars.Boolean,
}


def layer_curve(curve: LayerCurve) -> Figure:
    """The figure of a sweep: a line with its 95 % band for each reader, baselines dashed, nothing smoothed.

    The diamond is the layer that the claim is about. In the gray area the best of all layers stays in 95 % of
    the shuffles of the labels: what lies in it may be luck and the choice of a layer. The table has one row
    for each value; rows without a layer hold for all of them.
    """
    table = polars.DataFrame(list(_rows(curve)), schema=_SCHEMA, orient="row")
    return Figure(
        title=f"{curve.variable}: {_metric(curve)} by layer",
        subtitle=basis_lines(curve.basis, _how_to_read(curve)),
        chart=_chart(curve, table),
        table=table,
    )


def reader_name(reader: str) -> str:
    """A reader as people call it."""
    return READERS.get(reader, reader.replace("_", " "))


def _how_to_read(curve: LayerCurve) -> str:
    parts = ["bands: 95 % intervals over runs"]
    if curve.null_high is not None:
        parts.append("gray: where the best layer stays in 95 % of label shuffles")
    if curve.headline is not None:
        parts.append(f"diamond: layer {curve.headline}, {curve.headline_how}")
    return "; ".join(parts)


def _rows(curve: LayerCurve) -> Iterator[tuple[Any, ...]]:
    if curve.null_high is not None:
        yield _row("permuted", NULL, None, curve.null_high)
    yield _row("chance", "chance", None, curve.chance)
    for baseline in curve.baselines:
        for layer, value in _values(baseline):
            if value is not None:
                yield _row("baseline", NAMES[baseline.kind], layer, value)
    for reading in sorted(curve.readings, key=lambda reading: reading.layer):
        yield _row(
            "reader", reader_name(reading.reader), reading.layer, reading.value,
            low=reading.low, high=reading.high, headline=reading.layer == curve.headline,
        )  # fmt: skip


def _values(baseline: Baseline) -> Sequence[tuple[int | None, float | None]]:
    if baseline.by_layer is None:
        return [(None, baseline.value)]
    return sorted(baseline.by_layer.items())


def _row(
    kind: Kind,
    series: str,
    layer: int | None,
    value: float | None = None,
    *,
    low: float | None = None,
    high: float | None = None,
    headline: bool = False,
) -> tuple[Any, ...]:
    numbers = (None if number is None else settled_float(number) for number in (value, low, high))
    return (kind, series, layer, *numbers, headline)


def _chart(curve: LayerCurve, table: polars.DataFrame) -> Chart:
    base = altair.Chart(drawn_rows(table))
    x = altair.X("layer:Q", title="layer (0 = embedding)", axis=_layer_axis(curve), scale=_layer_scale(curve))
    bottom, title = _bottom(curve, table)
    scale = altair.Scale(domain=[bottom, _top(table, bottom)], nice=False)
    y = altair.Y("value:Q", title=title, scale=scale)
    color, dash = _series(table)
    tip = [altair.Tooltip(name, format=".3f") for name in ("value:Q", "low:Q", "high:Q")]
    tips = [altair.Tooltip("series:N"), altair.Tooltip("layer:Q"), *tip]
    few = len({reading.layer for reading in curve.readings}) <= _MOST_LABELS
    readers = base.transform_filter("datum.kind == 'reader'")
    baselines = base.transform_filter("datum.kind == 'baseline'")
    span = {"y": altair.Y("low:Q", title=title, scale=scale), "y2": "high:Q"}
    return altair.layer(
        base.transform_filter("datum.kind == 'permuted'")
        .mark_rect(color=SHADE)
        .encode(y=y, y2=altair.datum(bottom)),
        base.transform_filter("datum.kind == 'chance'").mark_rule(color=MUTED, strokeWidth=0.8).encode(y=y),
        readers.mark_area(opacity=0.14, clip=True).encode(x=x, color=color, **span),
        baselines.transform_filter("datum.layer == null")
        .mark_rule(strokeWidth=2, clip=True)
        .encode(y=y, color=color, strokeDash=dash, tooltip=tips[:1] + tip[:1]),
        *_lines(baselines.transform_filter("datum.layer != null"), x, y, color, dash, tips),
        readers.mark_rule(opacity=0.55 if few else 0, clip=True).encode(x=x, color=color, **span),
        *_lines(readers, x, y, color, dash, tips),
        readers.transform_filter("datum.headline")
        .mark_point(shape="diamond", size=190, filled=True, stroke=INK, strokeWidth=1.2, opacity=1, clip=True)
        .encode(x=x, y=y, color=color, tooltip=tips),
    ).properties(width=WIDTH_PX, height=_HEIGHT_PX)


def _lines(base: altair.Chart, x: Any, y: Any, color: Any, dash: Any, tips: list[Any]) -> Iterator[Any]:
    """A line through the values, broken where there is none, and a dot at each."""
    yield base.mark_line(strokeWidth=2, clip=True).encode(x=x, y=y, color=color, strokeDash=dash)
    yield base.mark_point(filled=True, size=26, opacity=1, clip=True).encode(
        x=x, y=y, color=color, tooltip=tips
    )


def _series(table: polars.DataFrame) -> tuple[altair.Color, altair.StrokeDash]:
    """Color and dash of every drawn series: one legend for both."""
    drawn = table.filter(polars.col("kind").is_in(["reader", "baseline"])).drop_nulls("value")
    names = drawn["series"].unique(maintain_order=True).to_list()
    kinds = {NAMES[kind]: look for kind, look in BASELINES.items()}
    readers = [name for name in names if name not in kinds]
    looks = {name: (series_color(index), (1, 0)) for index, name in enumerate(readers)}
    looks |= {name: kinds[name] for name in names if name in kinds}
    legend = altair.Legend(title=None, symbolType="stroke", symbolSize=420, symbolOpacity=1, columns=4)
    return (
        altair.Color(
            "series:N",
            scale=altair.Scale(domain=list(looks), range=[color for color, _ in looks.values()]),
            legend=legend,
        ),
        altair.StrokeDash(
            "series:N",
            scale=altair.Scale(domain=list(looks), range=[list(dash) for _, dash in looks.values()]),
            legend=legend,
        ),
    )


def _layer_axis(curve: LayerCurve) -> altair.Axis:
    """Ticks at layers only: at all of them as long as they have room."""
    layers = sorted({reading.layer for reading in curve.readings})
    if len(layers) > _MOST_LABELS:
        step = next(step for step in (2, 5, 10, 20, 50, 100) if layers[-1] / step < _MOST_LABELS)
        layers = list(range(0, layers[-1] + 1, step))
    return altair.Axis(values=layers, format="d", grid=False, zindex=1)


def _layer_scale(curve: LayerCurve) -> altair.Scale:
    layers = [reading.layer for reading in curve.readings]
    room = max(0.25, 0.02 * (max(layers) - min(layers)))
    return altair.Scale(domain=[min(layers) - room, max(layers) + room], nice=False)


def _bottom(curve: LayerCurve, table: polars.DataFrame) -> tuple[float, str]:
    """Where the y-axis begins, and its title, which says so when something lies below."""
    found = [number for name in ("value", "low") for number in table[name].drop_nulls()]
    least = floor(min(found) * 10 - 0.2) / 10
    if least < _LEAST:
        return _LEAST, f"{_metric(curve)} on held-out runs (cut off at {_LEAST:.0f})"
    return least, f"{_metric(curve)} on held-out runs"


def _top(table: polars.DataFrame, bottom: float) -> float:
    found: list[float] = [number for name in ("value", "high") for number in table[name].drop_nulls()]
    top = max(1.0, *found)
    return top + _HEADROOM * (top - bottom)


def _metric(curve: LayerCurve) -> str:
    return "R²" if curve.metric == "R2" else curve.metric
