"""The data of a site: made-up people in a staff directory, and a small shop."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import TypeVar

from pydantic import Field

from lab.core.streams import stream_key, uniform
from scenarios.environment import Spec

FIRST_NAMES = (
    *("Ada", "Amir", "Anna", "Ben", "Bo", "Carla", "Chen", "Dana", "Elif", "Emil", "Fay", "Femi"),
    *("Gia", "Hugo", "Ida", "Ivan", "Jun", "Kai", "Lena", "Lior", "Mara", "Mei", "Nils", "Noor"),
    *("Olga", "Omar", "Petra", "Quinn", "Rosa", "Sami", "Tara", "Udo", "Vera", "Wim", "Yara", "Zoe"),
)
LAST_NAMES = (
    *("Abel", "Acker", "Bauer", "Brook", "Castle", "Cole", "Dorn", "Duarte", "Ekman", "Ender", "Fields"),
    *("Frost", "Garza", "Green", "Hale", "Holm", "Ito", "Jansen", "Keller", "Khan", "Lane", "Lund"),
    *("Marsh", "Moreau", "Nagy", "Nolan", "Okoye", "Orlov", "Park", "Perez", "Reed", "Rossi", "Sato"),
    *("Stone", "Tahir", "Torres", "Unger", "Vance", "Weber", "Wood", "Young", "Zeller"),
)
ROLES = ("accounts", "archive", "catering", "design", "legal", "logistics", "research", "sales", "support")
GOODS = ("lamp", "kettle", "notebook", "umbrella", "backpack", "clock", "mug", "blanket", "radio")
AREA_CODES = (201, 305, 406, 507, 608)
N_ROOMS = 90
PLAIN_ATTEMPTS = 8
"""After so many names that are taken, a number is put behind the next one, as mail systems do."""

T = TypeVar("T")


class SiteSpec(Spec):
    """What a site is made of.

    Attributes:
        records: people in the staff directory.
        per_page: people on one staff page; the next page is linked at its end.
        items: things the shop sells, linked from every page.
    """

    records: int = Field(default=40, ge=1, le=400)
    per_page: int = Field(default=10, ge=1, le=100)
    items: int = Field(default=2, ge=1, le=len(GOODS))


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up member of staff; the e-mail address is unique on the site."""

    name: str
    role: str
    room: int
    email: str
    phone: str

    @property
    def line(self) -> str:
        """The person as the directory lists them."""
        return f"{self.name}, {self.role}, room {self.room}, {self.email}, {self.phone}"


@dataclass(frozen=True, slots=True)
class Item:
    """Something the shop sells, at /item/<number>."""

    number: int
    name: str
    price_cents: int


@dataclass(frozen=True, slots=True)
class Site:
    """One site: pure data, equal for equal spec and key."""

    spec: SiteSpec
    people: tuple[Person, ...]
    items: tuple[Item, ...]

    @property
    def n_staff_pages(self) -> int:
        """How many pages the staff directory has, from /staff/0 on."""
        return -(-len(self.people) // self.spec.per_page)

    def staff_page(self, number: int) -> tuple[Person, ...]:
        """The people on one page of the directory."""
        first = number * self.spec.per_page
        return self.people[first : first + self.spec.per_page]


def build_site(spec: SiteSpec, key: int) -> Site:
    """The site of this spec and this stream key (`lab.core.streams`)."""
    people: dict[str, Person] = {}
    for number in range(spec.records):
        someone = made_up_person(stream_key(key, f"person.{number}"), taken=people)
        people[someone.email] = someone
    items = (_item(number, stream_key(key, f"item.{number}")) for number in range(1, spec.items + 1))
    return Site(spec, tuple(people.values()), tuple(items))


def made_up_person(key: int, *, taken: Collection[str]) -> Person:
    """Somebody whose e-mail address is not `taken`.

    Nobody can be reached: example.com is reserved (RFC 2606), as are the numbers 555-0100 to 555-0199.
    """
    for attempt in count():
        draws = [uniform(stream_key(key, "person", attempt=attempt), draw) for draw in range(6)]
        first, last = _pick(FIRST_NAMES, draws[0]), _pick(LAST_NAMES, draws[1])
        suffix = "" if attempt < PLAIN_ATTEMPTS else str(attempt)
        email = f"{first}.{last}{suffix}@example.com".lower()
        if email not in taken:
            break
    phone = f"{_pick(AREA_CODES, draws[4])}-555-01{int(100 * draws[5]):02d}"
    return Person(f"{first} {last}", _pick(ROLES, draws[2]), 101 + int(N_ROOMS * draws[3]), email, phone)


def _item(number: int, key: int) -> Item:
    return Item(number, GOODS[number - 1], 500 + 100 * int(45 * uniform(key)))


def _pick(options: tuple[T, ...], draw: float) -> T:
    return options[int(len(options) * draw)]
