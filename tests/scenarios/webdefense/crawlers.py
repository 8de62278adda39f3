"""The seven visitors of the known-answer table (webdefense.md §6), without an environment around them.

The scripted policies of `webdefense/directory` play the same seven through decisions; these are their oracle.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

from scenarios.webdefense.channels.reading import Channel, Reading, read
from scenarios.webdefense.site.client import Visitor
from scenarios.webdefense.site.http import Address

EMAIL = re.compile(r"[\w.]+@example\.com")
NOTICE = "Notice to automated agents"
MAX_VISITS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawler:
    """Goes through all links breadth first from the home page and keeps every address it reads.

    Attributes:
        channel: how it reads pages.
        obeys: whether it stops, without saving more, at a page with a notice.
        is_polite: whether it reads robots.txt first and keeps to it.
    """

    channel: Channel = "lexbor_text"
    obeys: bool = False
    is_polite: bool = False

    def crawl(self, visitor: Visitor) -> set[str]:
        """The e-mail addresses it took."""
        trip = _Trip(visitor, self.channel)
        forbidden = self._forbidden(trip) if self.is_polite else ()
        queue, seen, loot = deque(["/"]), {"/"}, set[str]()
        while queue and trip.n_visits < MAX_VISITS:
            path = queue.popleft()
            if path.startswith(forbidden):
                continue
            page = trip.to(path)
            if page is None:
                continue
            if self.obeys and NOTICE in page.text:
                break
            loot.update(EMAIL.findall(page.text))
            queue.extend(href for link in page.links if (href := link.href) not in seen)
            seen.update(link.href for link in page.links)
        return loot

    def _forbidden(self, trip: _Trip) -> tuple[str, ...]:
        robots = trip.to("/robots.txt")
        return tuple(re.findall(r"^Disallow: (\S+)$", robots.text, re.MULTILINE)) if robots else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """Goes to item 2 from the home page and buys one; `is_paranoid` leaves at any notice."""

    is_paranoid: bool = False

    def shop(self, visitor: Visitor) -> None:
        trip = _Trip(visitor, "lexbor_text")
        for path in ("/", "/item/2"):
            page = trip.to(path)
            if page is None or (self.is_paranoid and NOTICE in page.text):
                return
        assert page is not None
        form = page.forms[0]
        visitor.post(Address(form.action), {f.name: f.value for f in form.fields}, tick=trip.n_visits)


@dataclass(slots=True)
class _Trip:
    visitor: Visitor
    channel: Channel
    n_visits: int = field(default=0)

    def to(self, path: str) -> Reading | None:
        self.n_visits += 1
        response = self.visitor.get(Address(path), tick=self.n_visits)
        return read(response, self.channel) if response.status == 200 else None
