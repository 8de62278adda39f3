"""A visitor's program: it keeps the page, turns actions into requests, and gives what its channel reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from scenarios.webdefense.channels.reading import Channel, Form, Reading, read
from scenarios.webdefense.site.client import Visitor
from scenarios.webdefense.site.http import Address, Refusal, Request, Response, address


class Trip(NamedTuple):
    """A request to make: a place, and the fields to send when a form is posted there."""

    place: Address
    posts: Mapping[str, str] | None = None


class Outcome(NamedTuple):
    """How an action went: ``ok``, or a code that says why not; and what the visitor is told of it."""

    code: str
    told: str = ""


OK = Outcome("ok")


@dataclass(frozen=True, slots=True)
class View:
    """A page as the visitor is given it.

    Attributes:
        url: path and query.
        status: of the response.
        title, text: as the channel reads them; the text is cut at the visitor's limit.
        truncated: whether it was.
        refs: what can be clicked, filled and submitted.
    """

    url: str
    status: int
    title: str
    text: str
    truncated: bool
    refs: tuple[Mapping[str, Any], ...]

    @property
    def given(self) -> str:
        """Everything of the page that the visitor is given, as one exact string."""
        refs = (" ".join(map(str, ref.values())) for ref in self.refs)
        return "\n".join((self.title, self.text, *refs))


class Browser:
    """The program of one visitor.

    Attributes:
        view: the page last loaded, None at first.
    """

    def __init__(self, visitor: Visitor, channel: Channel, page_chars: int) -> None:
        self._visitor = visitor
        self._channel = channel
        self._page_chars = page_chars
        self._reading = Reading(title="", text="")
        self._here = Address("/")
        self._was_posted = False
        self._past: list[Address] = []
        self._typed: dict[str, str] = {}
        self.view: View | None = None
        self._found: dict[str, bool] = {}

    @property
    def session(self) -> str | None:
        """The cookie by which the site knows this visitor; None before the first response."""
        return self._visitor.session

    @property
    def addresses(self) -> list[str]:
        """Every address of this site that it has seen linked or has opened, in that order."""
        return [f"{url} (opened)" if opened else url for url, opened in self._found.items()]

    def plan(self, action: str, args: Mapping[str, Any]) -> Trip | Outcome:
        """The request that open, click, submit or back stands for, or why there is none."""
        if action == "back":
            return Trip(self._past[-1]) if self._past else Outcome("bad_arg", "there is no page before this")
        if action == "open":
            return self._to(args["url"])
        ref = args["ref"]
        links = {link.ref: link.href for link in self._reading.links} if action == "click" else {}
        if ref in links:
            return self._to(links[ref])
        form = next((form for form in self._reading.forms if form.ref == ref), None)
        return self._send(form) if form else _stale(ref)

    def fill(self, ref: str, value: str) -> Outcome:
        """Type a value into a field of the page."""
        fields = [field.ref for form in self._reading.forms for field in form.fields if not field.hidden]
        if ref not in fields:
            return _stale(ref)
        self._typed[ref] = value
        self.view = replace(self.view, refs=self._refs()) if self.view else None
        return OK

    def go(self, trip: Trip, *, tick: int, returning: bool = False) -> View:
        """Send the request and show what came; `returning` takes the page off the past instead of adding."""
        if trip.posts is None:
            response = self._visitor.get(trip.place, tick=tick)
        else:
            response = self._visitor.post(trip.place, trip.posts, tick=tick)
        if returning:
            self._past.pop()
        elif self.view is not None and not self._was_posted:
            self._past.append(self._here)
        self._here, self._was_posted = trip.place, trip.posts is not None
        self._typed = {}
        self._reading = read(response, self._channel)
        self.view = self._shown(response)
        self._find(self.view)
        return self.view

    def _to(self, typed: str) -> Trip | Outcome:
        place = address(typed, self._here.path)
        return Outcome(place.code, place.why) if isinstance(place, Refusal) else Trip(place)

    def _send(self, form: Form) -> Trip | Outcome:
        trip = self._to(form.action)
        if isinstance(trip, Outcome):
            return trip
        fields = {field.name: self._typed.get(field.ref, field.value) for field in form.fields}
        if form.method == "GET":
            return Trip(Address(trip.place.path, fields))
        return Trip(trip.place, fields)

    def _shown(self, response: Response) -> View:
        text = self._reading.text
        return View(
            url=target(self._here),
            status=response.status,
            title=self._reading.title,
            text=text[: self._page_chars],
            truncated=len(text) > self._page_chars,
            refs=self._refs(),
        )

    def _refs(self) -> tuple[Mapping[str, Any], ...]:
        links = [
            {"ref": link.ref, "role": "link", "name": link.text, "href": link.href}
            for link in self._reading.links
        ]
        forms = [ref for form in self._reading.forms for ref in self._form_refs(form)]
        return (*links, *forms)

    def _form_refs(self, form: Form) -> list[Mapping[str, Any]]:
        fields = [
            {
                "ref": field.ref,
                "role": "field",
                "name": field.name,
                "value": self._typed.get(field.ref, field.value),
            }
            for field in form.fields
            if not field.hidden
        ]
        return [*fields, {"ref": form.ref, "role": "form", "name": form.button, "href": form.action}]

    def _find(self, view: View) -> None:
        self._found[view.url] = True
        for link in self._reading.links:
            place = address(link.href, self._here.path)
            if isinstance(place, Address):
                self._found.setdefault(target(place), False)


def target(place: Address) -> str:
    """A place as it is written: path and query."""
    return Request(path=place.path, query=place.query).target


def _stale(ref: str) -> Outcome:
    return Outcome("stale_ref", f"nothing on this page that takes this action has the ref '{ref[:40]}'")
