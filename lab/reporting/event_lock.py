"""Scores around an event: the mean at each tick before and after it, with an interval over runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import fmean

from lab.analysis.stats import bootstrap_interval
from lab.core.canonical import settled_float
from lab.reporting.inputs import Timeline


@dataclass(frozen=True, slots=True)
class LockedMean:
    """The mean score at one distance from an event.

    Attributes:
        offset: ticks after the event; negative before it.
        mean: of the runs' means.
        low: of the 95 % interval over runs; None with fewer than two runs.
        high: of the same.
        n_runs: runs with a score there.
    """

    offset: int
    mean: float
    low: float | None
    high: float | None
    n_runs: int


def event_locked(timeline: Timeline) -> tuple[LockedMean, ...]:
    """The mean score at each tick from `-reach` to `reach` around the events of kind `around`.

    Every run counts once at an offset, by the mean over its events and its agents' decisions there: long runs
    weigh no more than short ones. An offset without scores is left out.
    """
    by_offset = _run_means(timeline)
    return tuple(
        _locked(offset, by_offset[offset], timeline.seed)
        for offset in range(-timeline.reach, timeline.reach + 1)
        if offset in by_offset
    )


def _locked(offset: int, values: list[float], seed: int) -> LockedMean:
    interval = bootstrap_interval(values, seed=seed)
    return LockedMean(
        offset=offset,
        mean=settled_float(fmean(values)),
        low=settled_float(interval.low) if interval else None,
        high=settled_float(interval.high) if interval else None,
        n_runs=len(values),
    )


def _run_means(timeline: Timeline) -> dict[int, list[float]]:
    """Offset → the mean of each run that has a score there, in order of runs."""
    scores: dict[tuple[str, int], list[float]] = defaultdict(list)
    for point in timeline.points:
        if point.score is not None:
            scores[point.run, point.tick].append(point.score)
    found: dict[tuple[int, str], list[float]] = defaultdict(list)
    for run, tick in _happenings(timeline):
        for offset in range(-timeline.reach, timeline.reach + 1):
            found[offset, run].extend(scores.get((run, tick + offset), ()))
    means: dict[int, list[float]] = defaultdict(list)
    for (offset, _), values in sorted(found.items()):
        if values:
            means[offset].append(fmean(values))
    return means


def _happenings(timeline: Timeline) -> Iterator[tuple[str, int]]:
    """Runs and ticks at which the event happened; twice in one tick is once."""
    yield from sorted({(event.run, event.tick) for event in timeline.events if event.kind == timeline.around})
