"""The timeline of a run: what a probe says of its decisions, what is so, and what happened."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from db.probes import ProbeRow
from db.query import query
from db.store import Store
from lab.align.readings import Reading
from lab.analysis.rows import rows
from lab.core.errors import UnknownName, UsageError
from lab.reporting.inputs import Basis, Timeline, TimelineEvent, TimelinePoint

MANY_ACTIONS = 12
"""Of more different actions none is an event of its own."""

_SELECTED = "the moments selected"


class Exact(NamedTuple):
    """What the score should be: whether it is known in the score's unit, and what it is called."""

    unit: str
    name: str
    known: bool


def timeline_of(
    store: Store,
    probe: ProbeRow,
    readings: Sequence[Reading],
    *,
    run: str,
    basis: Basis,
    around: str | None = None,
    chosen: str = "",
) -> Timeline:
    """What is drawn of a run.

    Verticals stand where something happened that does not happen at every tick, and at `around`.

    Args:
        store: the log.
        probe: whose scores.
        readings: of the runs that are averaged over, the run's among them.
        run: the run drawn in full.
        basis: what the figure stands on.
        around: a kind of event, an action, or a SELECT of run and tick, to average around.
        chosen: how the run was chosen.

    Raises:
        UnknownName: when nothing of that name happened in these runs.
        UsageError: when a SELECT gives no runs and ticks.
    """
    exact = _exact(probe)
    happened = _happened(store, probe, readings)
    kind, moments = _around(store, readings, happened, around)
    always = _constant(happened, readings)[run]
    rare = [one for one in happened if one.run == run and one.kind not in always]
    return Timeline(
        variable=probe.variable,
        basis=basis,
        run=run,
        points=tuple(_point(one, exact) for one in readings),
        events=(*moments, *(one for one in rare if one.kind != kind)),
        around=kind,
        unit=exact.unit,
        exact_name=exact.name,
        chosen=chosen,
    )


def usual_event(store: Store, probe: ProbeRow, readings: Sequence[Reading]) -> str | None:
    """What to average around where nobody says it, of what happens in half of the runs at least.

    The kind of event that most runs have, of those that are not at every tick of them all; without one, the
    rarest of several actions; None without either.
    """
    happened = _happened(store, probe, readings)
    constant = _constant(happened, readings)
    everywhere = set.intersection(*constant.values()) if constant else set()
    kinds = _runs_by_kind(one for one in happened if one.kind not in everywhere)
    if usual := _in_half(kinds, len(constant)):
        return max(usual, key=lambda kind: len(kinds[kind]))
    counts = Counter(one.action for one in readings if one.action is not None)
    rare = _in_half(_runs_by_kind(_acted(readings)), len(constant))
    if not rare or not 1 < len(counts) <= MANY_ACTIONS:
        return None
    return min(rare, key=counts.__getitem__)


def _in_half(runs_by_kind: Mapping[str, Collection[str]], runs: int) -> list[str]:
    """The kinds, by name, that happen in half of so many runs."""
    return sorted(kind for kind, found in runs_by_kind.items() if 2 * len(found) >= runs)


def _exact(probe: ProbeRow) -> Exact:
    if probe.task == "number":
        return Exact(f"value of {probe.variable}", "true value", known=True)
    if probe.task == "classes":
        return Exact("margin of the likeliest value", "", known=False)
    if probe.reader == "logistic":
        return Exact("log-odds", "exact posterior", known=True)
    return Exact(f"{probe.reader}, no unit", "", known=False)


def _point(one: Reading, exact: Exact) -> TimelinePoint:
    so = one.number if exact.name == "true value" else one.posterior
    return TimelinePoint(
        run=one.run,
        tick=one.tick,
        agent=one.agent,
        score=one.score,
        exact=so if exact.known else None,
        action=one.action,
    )


def _happened(store: Store, probe: ProbeRow, readings: Sequence[Reading]) -> list[TimelineEvent]:
    """The events of the runs that were read; what is paid happens to everybody all the time."""
    runs = {one.run for one in readings}
    return [TimelineEvent(**row) for row in rows(store, _EVENTS, probe.id) if row["run"] in runs]


def _constant(happened: Iterable[TimelineEvent], readings: Iterable[Reading]) -> dict[str, set[str]]:
    """For each run the kinds of events that stand at every tick at which it was read."""
    ticks: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    read: dict[str, set[int]] = defaultdict(set)
    for event in happened:
        ticks[event.run][event.kind].add(event.tick)
    for one in readings:
        read[one.run].add(one.tick)
    return {
        run: {kind for kind, at in ticks[run].items() if all_ticks <= at} for run, all_ticks in read.items()
    }


def _acted(readings: Iterable[Reading]) -> list[TimelineEvent]:
    return [
        TimelineEvent(run=one.run, tick=one.tick, kind=one.action)
        for one in readings
        if one.action is not None
    ]


def _around(
    store: Store, readings: Sequence[Reading], happened: Sequence[TimelineEvent], wish: str | None
) -> tuple[str | None, list[TimelineEvent]]:
    """What to average around, by name, and where it happened."""
    if wish is None:
        return None, []
    if wish.lower().split(maxsplit=1)[:1] in (["select"], ["with"]):
        return _SELECTED, _selected(store, wish, {one.run for one in readings})
    acted = _acted(readings)
    if found := [one for one in happened if one.kind == wish]:
        return wish, found
    if found := [replace(one, kind=f"action {wish}") for one in acted if one.kind == wish]:
        return found[0].kind, found
    raise UnknownName("event", wish, sorted({one.kind for one in (*happened, *acted)}))


def _selected(store: Store, sql: str, runs: Collection[str]) -> list[TimelineEvent]:
    result = query(store, sql)
    if not {"run", "tick"} <= set(result.columns):
        raise UsageError(
            f"--around: a SELECT gives columns run and tick, this one {', '.join(result.columns)}"
        )
    run, tick = result.columns.index("run"), result.columns.index("tick")
    found = [
        TimelineEvent(run=row[run], tick=int(row[tick]), kind=_SELECTED)
        for row in result.rows
        if row[run] in runs
    ]
    if not found:
        raise UsageError("--around: the SELECT gives no moment of the runs that were read")
    return found


def _runs_by_kind(events: Iterable[TimelineEvent]) -> dict[str, set[str]]:
    runs: dict[str, set[str]] = defaultdict(set)
    for one in events:
        runs[one.kind].add(one.run)
    return runs


_EVENTS = """
SELECT DISTINCT run, tick, kind FROM event
WHERE kind <> 'payoff' AND run IN (SELECT run FROM probe_score WHERE probe = ?) ORDER BY run, tick, kind
"""
