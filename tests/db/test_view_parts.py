from __future__ import annotations

from db.view_parts import PLACE, RUN, ViewColumn, integer, number, of_run, text


def test_a_column_of_a_view_has_a_type_a_unit_and_a_meaning() -> None:
    assert text("name", "who") == ViewColumn("text", "name", "who")
    assert integer("ticks", "when") == ViewColumn("integer", "ticks", "when")
    assert number("USD", "price") == ViewColumn("number", "USD", "price")


def test_what_a_run_has_is_looked_up_by_the_rows_run_and_named_as_asked() -> None:
    sql = of_run("d", "family", "study")
    assert "(SELECT r.family FROM run r WHERE r.id = d.run) AS family" in sql
    assert "AS study" in sql
    assert "JOIN study s" in sql


def test_places_of_a_run_are_documented_once() -> None:
    assert {*RUN, *PLACE} == {"run", "study", "cell", "seed"}
