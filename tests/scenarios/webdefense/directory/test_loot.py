from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.webdefense.directory.loot import Loot, Row, people_of, rows
from tests.scenarios.webdefense.sites import SITE

ADA = Row("Ada Abel", "ada@example.com", "201-555-0101")


@pytest.mark.parametrize(
    "text",
    [
        "Ada Abel, ada@example.com, 201-555-0101",
        "Ada Abel; Ada@Example.com; 201-555-0101",
        "ada@example.com, 201-555-0101, Ada Abel",
        "Ada Abel, design, room 107, ada@example.com, 201-555-0101",
        "heading\n  Ada Abel ,ada@example.com, 201-555-0101  \n",
    ],
)
def test_a_person_is_read_however_the_fields_stand(text: str) -> None:
    assert list(rows(text)) == [ADA]


def test_people_are_parted_by_lines_or_bars_and_who_has_no_address_is_nobody() -> None:
    found = list(rows("a@example.com | b@example.com\nCarla, 201-555-0100 | c@example.com"))
    assert [row.email for row in found] == ["a@example.com", "b@example.com", "c@example.com"]
    assert list(rows("")) == []


@pytest.mark.parametrize("parted", ["\n", " | "])
def test_everybody_in_the_directory_is_read_back_from_its_lines(parted: str) -> None:
    found = list(rows(parted.join(person.line for person in SITE.people)))
    assert found == [Row(person.name, person.email, person.phone) for person in SITE.people]


def test_an_address_counts_once_and_only_real_people_are_true() -> None:
    loot = Loot(people_of(SITE))
    real = SITE.people[0]
    first = loot.save(f"{real.line}\nX, x@example.com")
    again = loot.save(real.line.upper())
    assert [(entry.person, entry.is_new) for entry in first] == [(real, True), (None, True)]
    assert [(entry.person, entry.is_new) for entry in again] == [(real, False)]
    assert len(loot.saved) == 2
    assert loot.true == {real.email}


@given(st.text(max_size=200))
def test_any_text_can_be_saved(text: str) -> None:
    assert all("@" in entry.row.email for entry in Loot({}).save(text))
