"""The benchmark measures what it says; its gates are checked by `make verify`, never here by the clock."""

from __future__ import annotations

from pathlib import Path

from lab.bench.engine import Figure, reading, speed, writing


def test_speed_compares_four_ways_of_doing_the_same_steps(tmp_path: Path) -> None:
    figures = {figure.name: figure for figure in speed(tmp_path, rounds=1, steps=3)}
    assert list(figures) == [
        "gather of no-ops",
        "engine without log",
        "engine with full log",
        "replay",
        "decisions with full log",
    ]
    assert all(figure.value > 0 for figure in figures.values())


def test_writing_compares_the_recorder_with_raw_inserts(tmp_path: Path) -> None:
    (figure,) = writing(tmp_path, rounds=1, steps=3)
    assert figure.value > 0


def test_reading_lists_pages_and_groups(tmp_path: Path) -> None:
    assert [figure.name for figure in reading(tmp_path, events=2_000)] == [
        "list of runs",
        "page of events",
        "group by run and kind",
    ]


def test_a_gate_is_a_ceiling_unless_it_is_a_floor() -> None:
    assert Figure("a", 2.0, "×", 3.0).holds
    assert not Figure("a", 4.0, "×", 3.0).holds
    assert Figure("b", 70, "%", 60, at_least=True).holds
    assert not Figure("b", 50, "%", 60, at_least=True).holds
