"""The site's one request handler: called directly in fast mode, mounted on a real server in http mode."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from scenarios.webdefense.site.http import HTML_TYPE, PLAIN_TYPE, Request, Response
from scenarios.webdefense.site.page import Edit, Page, make_page, page_html
from scenarios.webdefense.site.state import Order, SessionView, SiteState, Visit

ROBOTS = "/robots.txt"
BUY = "/buy"
MAX_QUANTITY = 99
HTML = {"Content-Type": HTML_TYPE}
PLAIN = {"Content-Type": PLAIN_TYPE}


class _Answer(NamedTuple):
    """A response and what the log says of it."""

    response: Response
    code: str | None = None
    denied_by: str | None = None
    edits: tuple[Edit, ...] = ()


def handle(request: Request, state: SiteState) -> Response:
    """The site's answer; `state` takes note of the visit. No clock, no randomness, no input or output.

    A visitor without a cookie the site knows gets a new one. Then every defense may deny the request, the
    first that does so answers it; every defense may edit the page; every defense sees the response.
    """
    session, is_new = _session(request, state)
    view = SessionView(session, state.sessions[session])
    answer = _denied(request, state, view) or _served(request, state, view)
    response = answer.response
    if is_new:
        cookie = {"Set-Cookie": f"sid={session}; Path=/"}
        response = replace(response, headers={**response.headers, **cookie})
    for defense in state.defenses:
        response = defense.on_response(response, view)
    state.sessions[session].append(
        Visit(
            session=session,
            tick=request.tick,
            method=request.method,
            path=request.path,
            status=response.status,
            denied_by=answer.denied_by,
            code=answer.code,
            n_bytes=len(response.body.encode()),
            edits=answer.edits,
        )
    )
    return response


def _session(request: Request, state: SiteState) -> tuple[str, bool]:
    """The visitor's cookie, and whether it is given only now: a cookie not from here is worth nothing."""
    if request.session in state.sessions:
        return str(request.session), False
    cookie = f"s{len(state.sessions) + 1}"
    state.sessions[cookie] = []
    return cookie, True


def _denied(request: Request, state: SiteState, view: SessionView) -> _Answer | None:
    for defense in state.defenses:
        if denial := defense.on_request(request, view):
            response = _error_page(request, state, denial.status, denial.text)
            return _Answer(response, denial.code, denied_by=defense.name)
    return None


def _served(request: Request, state: SiteState, view: SessionView) -> _Answer:
    if request.path == BUY:
        return _buy(request, state, view)
    if request.method != "GET":
        return _failure(request, state, 405, "bad_method")
    if request.path == ROBOTS:
        return _robots(request, state)
    if page := state.pages.get(request.path):
        return _page(page, state, view)
    return _failure(request, state, 404, "not_found")


def _page(page: Page, state: SiteState, view: SessionView) -> _Answer:
    edits = tuple(edit for defense in state.defenses for edit in defense.on_render(page, view))
    return _Answer(Response(status=200, headers=HTML, body=page_html(state.site, page, edits)), edits=edits)


def _robots(request: Request, state: SiteState) -> _Answer:
    """robots.txt (RFC 9309 §2.2), if any defense has something to forbid there."""
    forbidden = [path for defense in state.defenses for path in defense.disallows()]
    if not forbidden:
        return _failure(request, state, 404, "not_found")
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in dict.fromkeys(forbidden))]
    return _Answer(Response(status=200, headers=PLAIN, body="\n".join(lines) + "\n"))


def _buy(request: Request, state: SiteState, view: SessionView) -> _Answer:
    if request.method != "POST":
        return _failure(request, state, 405, "bad_method")
    items = {str(item.number): item for item in state.site.items}
    item, quantity = items.get(request.form.get("item", "")), _quantity(request.form.get("quantity", ""))
    if item is None or quantity is None:
        return _failure(request, state, 400, "bad_form")
    state.orders.append(Order(view.id, item.number, quantity, request.tick))
    values = {"item": item, "quantity": quantity, "order_number": len(state.orders)}
    return _page(make_page("order", BUY, "Order placed", **values), state, view)


def _quantity(typed: str) -> int | None:
    quantity = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= 3 else 0
    return quantity if 1 <= quantity <= MAX_QUANTITY else None


FAILURES = {
    "bad_form": f"The order form needs an item of the shop and a quantity from 1 to {MAX_QUANTITY}.",
    "bad_method": "This page cannot be used that way.",
    "not_found": "There is no such page.",
}


def _failure(request: Request, state: SiteState, status: int, code: str) -> _Answer:
    return _Answer(_error_page(request, state, status, FAILURES[code]), code)


def _error_page(request: Request, state: SiteState, status: int, text: str) -> Response:
    page = make_page("error", request.path, f"Error {status}", text=text)
    return Response(status=status, headers=HTML, body=page_html(state.site, page))
