"""The token strip: a transcript whose tokens are shaded by what a probe says at each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import altair
import polars

from lab.core.canonical import settled_float
from lab.reporting.colors import FALSE, HIGH, INK, LOW, MIDDLE, MUTED, SHADE, TRUE
from lab.reporting.figure import MONO, WIDTH_PX, Chart, Figure, basis_lines, drawn_rows
from lab.reporting.inputs import StripToken, TokenStrip
from lab.reporting.strip_layout import laid_out

COLUMNS = 88
"""Letters in a row of the strip."""

_ROW_PX = 26
_SPARK_PX = 60
_MOST_DOTS = 200
_FONT_PX = 12
_INK_STARTS = "datum.start + length(datum.text) - length(replace(datum.text, /^\\s+/, ''))"
"""Vega trims what it writes: a token that begins with spaces is written behind them."""
_SCHEMA = {
    "token": polars.Int64,
    "row": polars.Int64,
    "start": polars.Int64,
    "end": polars.Int64,
    "text": polars.String,
    "first": polars.Boolean,
    "score": polars.Float64,
    "percentile": polars.Float64,
    "box": polars.Int64,
    "claim": polars.String,
}


def token_strip(strip: TokenStrip) -> Figure:
    """The figure of one decision's tokens: shaded by score, the action boxed, claims underlined by truth.

    White is the median of the reference runs. The table has one row for each piece that is drawn (a token
    that is longer than a row is cut): `start` and `end` count letters, `percentile` is among the reference
    scores, `box` numbers the action's tokens that stand together.
    """
    table = polars.DataFrame(list(_rows(strip)), schema=_SCHEMA, orient="row")
    return Figure(
        title=f"{strip.variable}: score at every token",
        subtitle=basis_lines(strip.basis, strip.decision, _how_to_read(strip)),
        chart=_chart(strip, table),
        table=table,
    )


def center(strip: TokenStrip) -> float:
    """The score that is drawn white: the median of the reference, or 0 without one."""
    return settled_float(median(strip.reference)) if strip.reference else 0.0


def reach(strip: TokenStrip) -> float:
    """How far from `center` the scale's two ends lie: at the token, or reference score, farthest from it."""
    scores = [token.score for token in strip.tokens if token.score is not None]
    farthest = max((abs(score - center(strip)) for score in (*scores, *strip.reference)), default=0.0)
    return settled_float(farthest) or 1.0


def percentile(score: float, reference: Sequence[float]) -> float | None:
    """How many in a hundred reference scores, sorted, lie below `score`; ties count half."""
    if not reference:
        return None
    below = bisect_left(reference, score) + bisect_right(reference, score)
    return settled_float(50 * below / len(reference))


def _how_to_read(strip: TokenStrip) -> str:
    count = f"{len(strip.reference):,} scores"
    white = f"white: median of {strip.reference_name} ({count})" if strip.reference else "white: 0"
    marks = ["boxed: the action"] if any(token.action for token in strip.tokens) else []
    if any(token.claim for token in strip.tokens):
        marks.append("underlined: claims, green when true, dashed red when false")
    return "; ".join([*_window(strip), white, *marks])


def _window(strip: TokenStrip) -> Iterator[str]:
    """Which tokens are drawn, where it is not all of them."""
    last = strip.first + len(strip.tokens)
    if strip.total is not None and len(strip.tokens) < strip.total:
        yield f"tokens {strip.first + 1:,} to {last:,} of {strip.total:,}"


def _rows(strip: TokenStrip) -> Iterator[tuple[Any, ...]]:
    reference = sorted(strip.reference)
    boxes = _boxes(strip.tokens)
    for piece in laid_out([token.text for token in strip.tokens], columns=COLUMNS):
        token = strip.tokens[piece.token]
        score = None if token.score is None else settled_float(token.score)
        among = None if score is None else percentile(score, reference)
        place = piece._replace(token=strip.first + piece.token)
        yield (*place, score, among, boxes[piece.token], token.claim)


def _boxes(tokens: Sequence[StripToken]) -> list[int | None]:
    """For each token of the action the number of the box it stands in, from 0."""
    boxes: list[int | None] = []
    box = -1
    for index, token in enumerate(tokens):
        box += token.action and not (index and tokens[index - 1].action)
        boxes.append(box if token.action else None)
    return boxes


def _chart(strip: TokenStrip, table: polars.DataFrame) -> Chart:
    base = altair.Chart(drawn_rows(table))
    return altair.vconcat(_sparkline(strip, base), _text(strip, base, table), spacing=14)


def _sparkline(strip: TokenStrip, base: altair.Chart) -> Chart:
    scored = base.transform_filter("datum.first")
    last = max(len(strip.tokens) - 1, 1)
    domain = [strip.first - 0.5, strip.first + last + 0.5]
    across = altair.Scale(domain=domain, nice=False, zero=False)
    x = altair.X("token:Q", title=None, axis=None, scale=across)
    y = altair.Y(
        "score:Q",
        title="score",
        axis=altair.Axis(tickCount=3, grid=False),
        scale=altair.Scale(domain=[center(strip) - reach(strip), center(strip) + reach(strip)]),
    )
    return altair.layer(
        scored.transform_filter("datum.box != null")
        .transform_aggregate(first="min(token)", last="max(token)", groupby=["box"])
        .transform_calculate(**{"from": "datum.first - 0.5", "to": "datum.last + 0.5"})
        .mark_rect(color=SHADE)
        .encode(x=altair.X("from:Q", axis=None, scale=across), x2="to:Q"),
        scored.mark_rule(color=MUTED, strokeDash=[3, 3]).encode(y=altair.datum(center(strip))),
        scored.mark_line(color=INK, strokeWidth=1.3).encode(x=x, y=y),
        scored.mark_point(size=16, filled=True, color=INK, opacity=float(last < _MOST_DOTS)).encode(
            x=x, y=y, tooltip=_tips()
        ),
    ).properties(width=WIDTH_PX, height=_SPARK_PX)


def _text(strip: TokenStrip, base: altair.Chart, table: polars.DataFrame) -> Chart:
    x = altair.X("start:Q", axis=None, scale=altair.Scale(domain=[0, COLUMNS], nice=False))
    y = altair.Y("row:O", axis=None, scale=altair.Scale(paddingInner=0.16, paddingOuter=0.08))
    boxed = base.transform_filter("datum.box != null").transform_aggregate(
        start="min(start)", end="max(end)", groupby=["box", "row"]
    )
    claims = base.transform_filter("datum.claim != null")
    bottom = altair.Y("row:O", axis=None, bandPosition=0.94)
    kinds = altair.Scale(domain=["true", "false"], range=[TRUE, FALSE])
    dashes = altair.Scale(domain=["true", "false"], range=[[1, 0], [5, 3]])
    height = _ROW_PX * (int(table["row"].max() or 0) + 1)  # type: ignore[arg-type]
    return altair.layer(
        base.mark_rect().encode(x=x, x2="end:Q", y=y, color=_shading(strip), tooltip=_tips()),
        claims.mark_rule(strokeWidth=2.6).encode(
            x=x,
            x2="end:Q",
            y=bottom,
            stroke=altair.Stroke("claim:N", scale=kinds, legend=None),
            strokeDash=altair.StrokeDash("claim:N", scale=dashes, legend=None),
        ),
        base.transform_calculate(ink=_INK_STARTS)
        .mark_text(align="left", font=MONO, fontSize=_FONT_PX, color=INK)
        .encode(
            x=altair.X("ink:Q", axis=None),
            y=altair.Y("row:O", axis=None, bandPosition=0.46),
            text="text:N",
            tooltip=_tips(),
        ),
        boxed.mark_rect(fill=None, stroke=INK, strokeWidth=1.8).encode(x=x, x2="end:Q", y=y),
    ).properties(width=WIDTH_PX, height=height)


def _shading(strip: TokenStrip) -> Any:
    """The diverging scale; a token without a score stays unshaded."""
    middle, far = center(strip), reach(strip)
    scale = altair.Scale(
        domain=[middle - far, middle, middle + far],
        range=[LOW, MIDDLE, HIGH],
        interpolate="rgb",
        type="linear",
    )
    legend = altair.Legend(
        title="score",
        titleOrient="left",
        gradientLength=220,
        gradientThickness=10,
        values=[middle - far, middle, middle + far],
        format=".2f",
    )
    return altair.condition(
        "isValid(datum.score)", altair.Color("score:Q", scale=scale, legend=legend), altair.value(MIDDLE)
    )


def _tips() -> list[altair.Tooltip]:
    return [
        altair.Tooltip("token:Q"),
        altair.Tooltip("text:N"),
        altair.Tooltip("score:Q", format=".3f"),
        altair.Tooltip("percentile:Q", format=".1f", title="percentile of reference"),
    ]
