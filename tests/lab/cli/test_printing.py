from __future__ import annotations

import pytest

from lab.cli import printing
from lab.cli.printing import Span, counted, duration, interval, number, paint, size, visible


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (3, "3"), (0.25, "0.250"), (-1.0, "-1.000"), (12345.678, "12,346"), (float("nan"), "–")],
)
def test_a_number_is_short_enough_to_read(value: float | None, text: str) -> None:
    assert number(value) == text


def test_an_interval_needs_both_ends() -> None:
    assert (interval(0.1, 2.0), interval(None, None)) == ("[0.100, 2.000]", "")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7260, "2 h 1 min")],
)
def test_a_duration_has_the_units_that_matter(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_one_is_not_many() -> None:
    assert (counted(1, "run"), counted(0, "run"), counted(12345, "run")) == ("1 run", "0 runs", "12,345 runs")


def test_lines_are_plain_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    paint([(Span("a  ", "bold red"), Span("b  "))])
    assert capsys.readouterr().out == "a  b\n"


def test_a_terminal_gets_color_and_no_folding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "is_terminal", lambda stream: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    paint([(Span("x" * 100, "bold"),)])
    assert capsys.readouterr().out == f"\x1b[1m{'x' * 100}\x1b[0m\n"


def test_the_words_of_an_agent_cannot_steer_the_terminal() -> None:
    assert visible("a\x1b[2Jb\tc\x9b") == "a\ufffd[2Jb c\ufffd"


@pytest.mark.parametrize(
    ("n_bytes", "text"), [(0, "0.0 MiB"), (3 * 2**19, "1.5 MiB"), (2**30, "1.0 GiB"), (2**34, "16.0 GiB")]
)
def test_a_size_has_the_unit_that_fits(n_bytes: int, text: str) -> None:
    assert size(n_bytes) == text
