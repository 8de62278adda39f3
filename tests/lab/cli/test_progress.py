from __future__ import annotations

import pytest

from lab.cli.progress import DrawnBar, Lines, Tally


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_rate_and_time_left_follow_from_this_calls_runs() -> None:
    clock = Clock()
    tally = Tally(done=40, runs=100, clock=clock)
    assert tally.words() == ""
    for _ in range(20):
        tally.advance(failed=False)
    clock.now_s += 10
    assert tally.words() == "2.0 runs/s, 20 s left"


def test_a_slow_rate_is_per_minute_and_failures_are_told() -> None:
    clock = Clock()
    tally = Tally(done=0, runs=4, clock=clock)
    tally.advance(failed=True)
    clock.now_s += 30
    assert tally.words() == "2.0 runs/min, 1 min 30 s left, 1 failed"


def test_lines_are_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(every_s=5, clock=clock)
    lines.begin("small", done=2, runs=12)
    for _ in range(8):
        clock.now_s += 1
        lines.advance(failed=False)
    lines.close()
    assert capsys.readouterr().err == "small: 7 of 12 runs, 1.0 runs/s, 5 s left\n"


def test_a_bar_is_drawn_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"COLUMNS": "120", "FORCE_COLOR": "1", "TERM": "xterm"}.items():
        monkeypatch.setenv(name, value)
    bar = DrawnBar()
    bar.begin("small", done=0, runs=3)
    for _ in range(3):
        bar.advance(failed=False)
    bar.close()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "3/3" in captured.err


def test_a_bar_that_never_began_closes() -> None:
    DrawnBar().close()
