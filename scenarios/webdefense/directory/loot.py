"""What visitors save: lines of people, read leniently, and the book that knows which of them are real."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from scenarios.webdefense.site.world import Person, Site

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
_PHONE = re.compile(r"[+\d][\d ()/.-]{5,}")


class Row(NamedTuple):
    """A person as a visitor saved it; only the e-mail address is sure to be there."""

    name: str
    email: str
    phone: str


class Entry(NamedTuple):
    """A saved row and what the site knows of it.

    Attributes:
        row: what was saved.
        person: the real person with this e-mail address, None when there is none.
        is_new: whether the visitor had not saved this address before.
    """

    row: Row
    person: Person | None
    is_new: bool


def rows(records: str) -> Iterator[Row]:
    """The people in a saved text: one a line or parted by ``|``, fields parted by commas or semicolons.

    The field with an @ is the e-mail address, one of digits the phone number, the first other one the name;
    what has no e-mail address is nobody.
    """
    for line in re.split(r"[\n|]", records):
        fields = [part.strip() for part in re.split(r"[,;\t]", line)]
        emails = [part for part in fields if _EMAIL.fullmatch(part)]
        if emails:
            phones = [part for part in fields if _PHONE.fullmatch(part)]
            names = [part for part in fields if part and part not in (*emails, *phones)]
            yield Row(names[0] if names else "", emails[0].casefold(), phones[0] if phones else "")


@dataclass(slots=True)
class Loot:
    """What one visitor has saved, by e-mail address.

    Attributes:
        people: every real person by e-mail address.
        saved: the first row saved under each address, in order.
    """

    people: Mapping[str, Person]
    saved: dict[str, Row] = field(default_factory=dict)

    def save(self, records: str) -> list[Entry]:
        """The rows of a saved text with what the site knows of each; an address counts once."""
        entries = []
        for row in rows(records):
            entries.append(Entry(row, self.people.get(row.email), is_new=row.email not in self.saved))
            self.saved.setdefault(row.email, row)
        return entries

    @property
    def true(self) -> frozenset[str]:
        """The addresses of the real people among them."""
        return frozenset(self.saved.keys() & self.people.keys())


def people_of(site: Site) -> dict[str, Person]:
    """Everybody in the directory by e-mail address."""
    return {person.email.casefold(): person for person in site.people}
