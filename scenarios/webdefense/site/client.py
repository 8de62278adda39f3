"""Visitors of a site: the same calls whether the handler is called directly or over a socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Literal

from scenarios.webdefense.site.handler import handle
from scenarios.webdefense.site.http import Address, Request, Response
from scenarios.webdefense.site.state import SiteState

Mode = Literal["fast", "http"]
Send = Callable[[Request], Response]


class Visitor:
    """One visitor: sends requests and keeps the cookie it is given.

    Attributes:
        session: the cookie, None before the first response.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self.session: str | None = None

    def get(self, place: Address, *, tick: int) -> Response:
        """Open a page."""
        return self._visit(Request(path=place.path, query=place.query, session=self.session, tick=tick))

    def post(self, place: Address, form: Mapping[str, str], *, tick: int) -> Response:
        """Submit a form."""
        return self._visit(
            Request(
                method="POST",
                path=place.path,
                query=place.query,
                form=form,
                session=self.session,
                tick=tick,
            )
        )

    def _visit(self, request: Request) -> Response:
        response = self._send(request)
        given = response.headers.get("Set-Cookie", "")
        if given.startswith("sid="):
            self.session = given.removeprefix("sid=").partition(";")[0]
        return response


@contextmanager
def open_site(state: SiteState, mode: Mode) -> Iterator[Callable[[], Visitor]]:
    """What makes visitors of the site, while the block lasts; in ``http`` mode a server runs that long.

    ``with open_site(state, "fast") as visitor: ada = visitor(); page = ada.get(Address("/"), tick=0)``
    """
    if mode == "fast":
        yield lambda: Visitor(lambda request: handle(request, state))
        return
    from scenarios.webdefense.site.server import Server

    with Server(state) as server:
        yield lambda: Visitor(server.connect().send)
