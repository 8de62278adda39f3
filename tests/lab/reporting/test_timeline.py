from __future__ import annotations

import json
from dataclasses import replace

from lab.reporting.inputs import TimelineEvent
from lab.reporting.timeline import timeline_figure
from tests.lab.reporting.samples import HOSTILE, timeline


def test_the_table_is_what_is_drawn() -> None:
    figure = timeline_figure(timeline())
    drawn = [rows for rows in json.loads(figure.spec())["datasets"].values() if len(rows) > 1]
    assert drawn == [figure.table.to_dicts()]
    parts = figure.table["part"].value_counts().sort("part")
    assert dict(parts.iter_rows()) == {"average": 5, "decision": 10, "event": 1}


def test_only_the_chosen_run_is_drawn_in_full() -> None:
    assert set(timeline_figure(timeline()).table["run"].drop_nulls()) == {"r1"}


def test_the_title_names_what_it_stands_on_and_how_to_read_it() -> None:
    words = " ".join(timeline_figure(timeline()).subtitle)
    for part in (
        "local/tiny",
        "40 runs",
        "5 folds by run",
        "run r1",
        "thin black: exact posterior",
        "around vote",
    ):
        assert part in words


def test_without_an_exact_posterior_none_is_promised() -> None:
    unknown = replace(timeline(), points=tuple(replace(point, exact=None) for point in timeline().points))
    assert "exact posterior" not in timeline_figure(unknown).spec()


def test_decisions_of_one_tick_stand_in_a_row() -> None:
    twice = tuple(point for point in timeline().points for _ in range(2) if point.agent == "ann")
    table = timeline_figure(replace(timeline(), points=twice)).table.filter(part="decision")
    assert table["at"].to_list() == [tick + half for tick in range(5) for half in (0, 0.5)]


def test_ticks_are_named_by_whole_numbers() -> None:
    few = tuple(point for point in timeline().points if point.tick < 3)
    spec = timeline_figure(replace(timeline(), points=few)).spec()
    assert '"values":[0,1,2]' in spec
    assert '"values":[-2,-1,0,1,2]' in spec


def test_the_words_say_how_the_run_was_chosen_and_how_many_are_averaged() -> None:
    chosen = replace(timeline(), chosen="the median one")
    words = " ".join(timeline_figure(chosen).subtitle)
    assert "run r1 (the median one)" in words
    assert "mean around vote of the 2 runs that have it" in words


def test_events_of_one_tick_share_a_label() -> None:
    more = (*timeline().events, TimelineEvent(run="r1", tick=2, kind="fill"))
    table = timeline_figure(replace(timeline(), events=more)).table
    assert table.filter(part="event")["event"].to_list() == ["fill, vote"]


def test_labels_give_way_when_they_have_no_room() -> None:
    many = tuple(TimelineEvent(run="r1", tick=tick, kind="fill") for tick in range(200))
    assert '"angle":270' in timeline_figure(timeline()).spec()
    assert '"angle":270' not in timeline_figure(replace(timeline(), events=many)).spec()


def test_a_run_without_decisions_is_an_empty_drawing() -> None:
    assert timeline_figure(replace(timeline(), run="r9", events=())).svg().startswith("<svg")


def test_without_an_event_there_is_no_average() -> None:
    assert "average" not in timeline_figure(replace(timeline(), around=None)).table["part"]


def test_hostile_names_are_drawn_as_text() -> None:
    hostile = replace(timeline(), events=(TimelineEvent(run="r1", tick=1, kind=HOSTILE),), around=HOSTILE)
    assert "<script" not in timeline_figure(hostile).svg()
