from __future__ import annotations

import pytest

from db.probes import get_probe
from db.store import Store
from lab.align.climb import Climbed
from lab.align.pictures import Picture, Shot, chosen_pictures, pictures_of
from lab.align.readings import median_run, of_run, read_basis, readings_of
from lab.core.errors import UsageError
from lab.runner.reread_plan import Readers


def test_a_run_and_a_decision_are_drawn(fitted: Store, strong: Climbed) -> None:
    name = str(strong.headlines[0].probe)
    one = readings_of(fitted, get_probe(fitted, name), study="claims")[0]
    timeline, tokens = pictures_of(fitted, name[:10], Shot(run=one.run[:10], at=one.seq, around="weak"))

    assert timeline.name == f"timeline-{name[:12]}-{one.run}"
    assert tokens.name == f"tokens-{name[:12]}-{one.run}-{one.seq}"
    assert "around action weak" in " ".join(timeline.figure.subtitle)
    assert "fitted at pre_choice alone, and on this run too" in " ".join(tokens.figure.subtitle)
    assert "decisions where strong is false" in tokens.figure.subtitle[-1]


def test_a_decision_that_was_not_read_is_refused(fitted: Store, strong: Climbed) -> None:
    probe = get_probe(fitted, str(strong.headlines[0].probe))
    run = readings_of(fitted, probe, study="claims")[0].run
    with pytest.raises(UsageError, match="--at 2: run"):
        pictures_of(fitted, probe.id, Shot(run=run, at=2))


def test_a_report_draws_the_last_decision_of_the_median_run(fitted: Store, strong: Climbed) -> None:
    probe = get_probe(fitted, str(strong.headlines[0].probe))
    readings = readings_of(fitted, probe, study="claims")
    run = str(median_run(readings))
    drawn = list(chosen_pictures(fitted, probe, read_basis(fitted, probe, readings), Readers()))

    assert [one.name for one in drawn if isinstance(one, Picture)] == ["timeline", "tokens"]
    words = [" ".join(one.figure.subtitle) for one in drawn if isinstance(one, Picture)]
    assert f"run {run} (of all runs the one with the median range of scores)" in words[0]
    assert f"run {run}, decision {of_run(readings, run)[-1].seq}, ann (its last decision)" in words[1]


def test_a_picture_that_cannot_be_had_is_a_sentence(fitted: Store, strong: Climbed) -> None:
    probe = get_probe(fitted, str(strong.headlines[0].probe))
    readings = readings_of(fitted, probe, study="claims")
    basis = read_basis(fitted, probe, readings)
    _, missing = chosen_pictures(fitted, probe._replace(path=None), basis, Readers())
    (nothing,) = chosen_pictures(fitted, probe._replace(study="others"), basis, Readers())

    assert missing == f"No token strip: probe {probe.id[:12]} has no file."
    assert nothing == "No timeline: no run has two scored decisions."
