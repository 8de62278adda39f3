"""The benchmark of the families measures what it says; its gates are checked by `make verify`."""

from __future__ import annotations

from lab.bench.families import book, pages, planning


def test_each_family_is_measured_in_its_own_unit() -> None:
    figures = [*book(messages=500, rounds=1), *planning(rounds=1), *pages(rounds=1, seeds=1)]
    assert [(one.name, one.unit) for one in figures] == [
        ("order book", "messages/s"),
        ("validate 50 steps", "ms"),
        ("parse a PDDL pair", "ms"),
        ("page step with log", "pages/s"),
    ]
    assert all(one.value > 0 for one in figures)
