from __future__ import annotations

from dataclasses import replace

from lab.reporting.event_lock import event_locked
from lab.reporting.inputs import TimelineEvent, TimelinePoint
from tests.lab.reporting.samples import timeline


def test_each_offset_is_the_mean_over_runs() -> None:
    means = event_locked(timeline())
    assert [(at.offset, at.mean, at.n_runs) for at in means] == [
        (-2, 0.5, 2),
        (-1, 1.5, 2),
        (0, 2.5, 2),
        (1, 3.5, 2),
        (2, 4.5, 2),
    ]


def test_the_interval_spans_the_runs() -> None:
    assert all(at.low is not None and at.high is not None for at in event_locked(timeline()))
    assert all(at.low <= at.mean <= at.high for at in event_locked(timeline()) if at.low and at.high)


def test_a_long_run_weighs_no_more_than_a_short_one() -> None:
    more = tuple(TimelinePoint(run="r2", tick=2, agent=f"a{n}", score=3.0) for n in range(50))
    at = next(
        one for one in event_locked(replace(timeline(), points=timeline().points + more)) if one.offset == 0
    )
    assert 2.0 < at.mean <= 2.5


def test_one_run_has_a_mean_and_no_interval() -> None:
    only = tuple(point for point in timeline().points if point.run == "r1")
    assert [(at.low, at.n_runs) for at in event_locked(replace(timeline(), points=only))] == [(None, 1)] * 5


def test_missing_scores_and_other_events_count_for_nothing() -> None:
    unscored = tuple(replace(point, score=None) for point in timeline().points)
    assert event_locked(replace(timeline(), points=unscored)) == ()
    others = (TimelineEvent(run="r1", tick=2, kind="fill"),)
    assert event_locked(replace(timeline(), events=others)) == ()


def test_an_event_twice_in_a_tick_is_one_event() -> None:
    twice = timeline().events * 2
    assert event_locked(replace(timeline(), events=twice)) == event_locked(timeline())
