"""The timeline: scores of one run's decisions over time, and what all runs do around an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from math import ceil, floor
from typing import Any

import altair
import polars

from lab.core.canonical import settled_float
from lab.reporting.colors import INK, MUTED, SERIES, series_color
from lab.reporting.event_lock import event_locked
from lab.reporting.figure import WIDTH_PX, Chart, Figure, basis_lines, drawn_rows
from lab.reporting.inputs import Timeline, TimelinePoint

_HEIGHT_PX = 220
_LOCK_PX = 130
_LANE_PX = 120
_LABEL_ROOM_PX = 12
_MOST_LABELS = 12
_SCHEMA = {
    "part": polars.String,
    "run": polars.String,
    "tick": polars.Int64,
    "at": polars.Float64,
    "agent": polars.String,
    "action": polars.String,
    "score": polars.Float64,
    "exact": polars.Float64,
    "event": polars.String,
    "offset": polars.Int64,
    "mean": polars.Float64,
    "low": polars.Float64,
    "high": polars.Float64,
    "n_runs": polars.Int64,
}


def timeline_figure(timeline: Timeline) -> Figure:
    """The figure of scores over time: a dot for each decision, a line for each agent, events as verticals.

    What the exact posterior says is a thin black line. Below, all runs averaged around one kind of event. The
    table has three parts: decisions and events of the run that is drawn, and the average.
    """
    rows = [*_decisions(timeline), *_events(timeline), *_average(timeline)]
    table = polars.DataFrame(rows, schema=_SCHEMA, orient="row")
    return Figure(
        title=f"{timeline.variable}: score over time",
        subtitle=basis_lines(timeline.basis, _how_to_read(timeline)),
        chart=_chart(timeline, table),
        table=table,
    )


def _how_to_read(timeline: Timeline) -> str:
    which = f"run {timeline.run}" + (f" ({timeline.chosen})" if timeline.chosen else "")
    above = f"{which}: a dot is a decision, a line an agent"
    if any(point.exact is not None for point in _drawn(timeline)):
        above += f"; thin black: {timeline.exact_name}"
    count = len({event.run for event in timeline.events if event.kind == timeline.around})
    runs = f"{count:,} run" + ("" if count == 1 else "s")
    below = f"; below: mean around {timeline.around} of the {runs} that have it, 95 % interval over runs"
    return above + (below if timeline.around else "")


def _drawn(timeline: Timeline) -> list[TimelinePoint]:
    return [point for point in timeline.points if point.run == timeline.run]


def _decisions(timeline: Timeline) -> Iterator[tuple[Any, ...]]:
    """The drawn run's decisions; those that one agent makes in one tick share it out."""
    points = sorted(_drawn(timeline), key=lambda point: (point.tick, point.agent))
    for _, same in groupby(points, key=lambda point: (point.tick, point.agent)):
        together = list(same)
        for number, point in enumerate(together):
            at = settled_float(point.tick + number / len(together))
            score, exact = (None if one is None else settled_float(one) for one in (point.score, point.exact))
            who = (point.run, point.tick, at, point.agent, point.action)
            yield ("decision", *who, score, exact, *[None] * 6)


def _events(timeline: Timeline) -> Iterator[tuple[Any, ...]]:
    """The drawn run's events: those of one tick share a vertical and a label."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for event in timeline.events:
        if event.run == timeline.run:
            kinds[event.tick].add(event.kind)
    for tick, names in sorted(kinds.items()):
        yield ("event", timeline.run, tick, float(tick), *[None] * 4, ", ".join(sorted(names)), *[None] * 5)


def _average(timeline: Timeline) -> Iterator[tuple[Any, ...]]:
    if timeline.around is not None:
        for at in event_locked(timeline):
            yield ("average", *[None] * 7, timeline.around, at.offset, at.mean, at.low, at.high, at.n_runs)


def _chart(timeline: Timeline, table: polars.DataFrame) -> Chart:
    base = altair.Chart(drawn_rows(table))
    charts = [_over_time(timeline, base, table)]
    if "average" in table["part"]:
        charts.append(_around_event(timeline, base))
    return altair.vconcat(*charts, spacing=26)


def _over_time(timeline: Timeline, base: altair.Chart, table: polars.DataFrame) -> Chart:
    decisions = base.transform_filter("datum.part == 'decision'")
    at: list[float] = table["at"].drop_nulls().to_list()
    domain = [floor(min(at)), ceil(max(at))] if at else [0, 1]
    x = altair.X(
        "at:Q",
        title="tick",
        axis=_whole(*domain),
        scale=altair.Scale(domain=domain, nice=False, padding=14),
    )
    y = altair.Y("score:Q", title=f"score ({timeline.unit})", scale=altair.Scale(zero=False, padding=8))
    agents = sorted({point.agent for point in _drawn(timeline)})
    known = table["exact"].count() > 0
    names = [*agents, timeline.exact_name]
    colors = altair.Scale(
        domain=names if known else agents,
        range=[*(series_color(index) for index in range(len(agents))), INK],
    )
    legend = altair.Legend(title=None, symbolType="stroke", symbolSize=420, symbolOpacity=1, columns=5)
    color = altair.Color("agent:N", scale=colors, legend=legend)
    tips = [altair.Tooltip(name) for name in ("tick:Q", "agent:N", "action:N")]
    numbers = [altair.Tooltip(name, format=".3f") for name in ("score:Q", "exact:Q")]
    thin = decisions.transform_filter("isValid(datum.exact)").mark_line(strokeWidth=1.1)
    exact = [thin.encode(x=x, y="exact:Q", detail="agent:N", color=altair.datum(timeline.exact_name))]
    return altair.layer(
        *_verticals(base, table, x),
        *(exact if known else ()),
        decisions.mark_line(strokeWidth=1.8).encode(x=x, y=y, color=color),
        decisions.mark_point(filled=True, size=46, opacity=1).encode(
            x=x, y=y, color=color, tooltip=tips + numbers
        ),
    ).properties(width=WIDTH_PX, height=_HEIGHT_PX)


def _whole(first: int, last: int) -> altair.Axis:
    """An axis of whole numbers; Vega alone would write those between them too, rounded."""
    step = max(1, (last - first) // _MOST_LABELS)
    return altair.Axis(format="d", values=[*range(first, last + 1, step)], grid=False)


def _verticals(base: altair.Chart, table: polars.DataFrame, x: altair.X) -> Iterator[altair.Chart]:
    """A vertical at every tick with an event; its label stands above the plot as long as labels have room."""
    events = base.transform_filter("datum.part == 'event'")
    yield events.mark_rule(color=MUTED, strokeDash=[2, 3]).encode(x=x, tooltip=["tick:Q", "event:N"])
    count = table.filter(polars.col("part") == "event").height
    if count * _LABEL_ROOM_PX <= WIDTH_PX:
        yield events.mark_text(
            angle=270, align="left", baseline="middle", dx=4, fontSize=10, color=MUTED, limit=_LANE_PX
        ).encode(x=x, y=altair.value(0), text="event:N", tooltip=["tick:Q", "event:N"])


def _around_event(timeline: Timeline, base: altair.Chart) -> Chart:
    average = base.transform_filter("datum.part == 'average'")
    x = altair.X(
        "offset:Q",
        title=f"ticks from {timeline.around}",
        axis=_whole(-timeline.reach, timeline.reach),
        scale=altair.Scale(domain=[-timeline.reach, timeline.reach], nice=False, padding=14),
    )
    title = f"mean score ({timeline.unit})"
    tips = [altair.Tooltip(name, format=".3f") for name in ("mean:Q", "low:Q", "high:Q")]
    scale = altair.Scale(zero=False, padding=6)
    y = altair.Y("mean:Q", title=title, scale=scale, axis=altair.Axis(tickCount=4))
    return altair.layer(
        altair.Chart(altair.InlineData(values=[{}]))
        .mark_rule(color=MUTED, strokeDash=[2, 3])
        .encode(x=altair.datum(0)),
        average.mark_area(opacity=0.16, color=SERIES[0]).encode(
            x=x, y=altair.Y("low:Q", title=title, scale=scale), y2="high:Q"
        ),
        average.mark_line(color=SERIES[0], strokeWidth=2).encode(x=x, y=y),
        average.mark_point(filled=True, size=40, opacity=1, color=SERIES[0]).encode(
            x=x, y=y, tooltip=["offset:Q", *tips, "n_runs:Q"]
        ),
    ).properties(width=WIDTH_PX, height=_LOCK_PX)
