from __future__ import annotations

import pytest

from db.probes import ProbeRow, get_probe, list_probes
from db.store import Store
from lab.align.climb import Climbed
from lab.align.readings import Reading, read_basis, readings_of
from lab.align.timelines import timeline_of, usual_event
from lab.core.errors import UnknownName, UsageError
from lab.reporting.inputs import Timeline


@pytest.fixture(scope="module")
def read(fitted: Store, strong: Climbed) -> tuple[ProbeRow, tuple[Reading, ...]]:
    probe = get_probe(fitted, str(strong.headlines[0].probe))
    return probe, readings_of(fitted, probe, study="claims")


def drawn(store: Store, read: tuple[ProbeRow, tuple[Reading, ...]], around: str | None = None) -> Timeline:
    probe, readings = read
    basis = read_basis(store, probe, readings)
    return timeline_of(store, probe, readings, run=readings[0].run, basis=basis, around=around)


def test_every_decision_is_a_point_with_its_score(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    timeline = drawn(fitted, read)

    assert [point.score for point in timeline.points] == [one.score for one in read[1]]
    assert (timeline.unit, timeline.around) == ("log-odds", None)


def test_what_happens_at_every_tick_is_no_vertical(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    assert drawn(fitted, read).events == ()
    assert {event.kind for event in drawn(fitted, read, "showdown").events} == {"showdown"}


def test_actions_and_selected_moments_are_events_when_asked_for(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    weak = drawn(fitted, read, "weak")
    some = drawn(fitted, read, "SELECT run, tick FROM v_event WHERE kind = 'claim' AND tick = 5")

    assert weak.around == "action weak"
    assert len(weak.events) == sum(one.action == "weak" for one in read[1])
    assert {event.tick for event in some.events} == {5}
    assert len(some.events) == 48


def test_unknown_events_and_other_selects_are_refused(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    with pytest.raises(UnknownName, match="did you mean 'showdown'"):
        drawn(fitted, read, "shodown")
    with pytest.raises(UsageError, match="gives columns run and tick, this one run"):
        drawn(fitted, read, "SELECT run FROM v_event")
    with pytest.raises(UsageError, match="no moment of the runs"):
        drawn(fitted, read, "SELECT run, tick FROM v_event WHERE tick = 99")


def test_by_default_the_rarest_usual_action_is_averaged_around(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    probe, readings = read
    actions = [one.action for one in readings]

    assert usual_event(fitted, probe, readings) == min(("weak", "strong"), key=actions.count)
    assert usual_event(fitted, probe, ()) is None


def test_scores_without_a_unit_are_held_against_no_posterior(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    other = next(one for one in list_probes(fitted) if one.reader == "diff_means")
    readings = tuple(one._replace(posterior=1.0) for one in read[1])

    assert {point.exact for point in drawn(fitted, (read[0], readings)).points} == {1.0}
    assert {point.exact for point in drawn(fitted, (other, readings)).points} == {None}
    assert drawn(fitted, (other, readings)).unit == "diff_means, no unit"


def test_a_number_is_held_against_its_true_value(
    fitted: Store, read: tuple[ProbeRow, tuple[Reading, ...]]
) -> None:
    number = read[0]._replace(task="number")
    readings = tuple(one._replace(truth="3") for one in read[1])

    assert {point.exact for point in drawn(fitted, (number, readings)).points} == {3.0}
