from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.environment import NoParams
from scenarios.webdefense.defenses.base import Defense, Denial
from scenarios.webdefense.site.handler import handle
from scenarios.webdefense.site.http import Method, Request, Response
from scenarios.webdefense.site.state import SessionView, SiteState
from tests.scenarios.webdefense.sites import SITE, defended, layer

HOME = Request(path="/")


def bought(**form: str) -> Request:
    return Request(method="POST", path="/buy", form=form)


def test_the_first_response_gives_a_cookie_and_later_ones_do_not() -> None:
    state = defended()
    assert handle(HOME, state).headers["Set-Cookie"] == "sid=s1; Path=/"
    assert "Set-Cookie" not in handle(replace(HOME, session="s1"), state).headers
    assert handle(HOME, state).headers["Set-Cookie"] == "sid=s2; Path=/"


def test_a_cookie_the_site_did_not_give_is_worth_nothing() -> None:
    state = defended()
    assert "sid=s1" in handle(replace(HOME, session="s99"), state).headers["Set-Cookie"]
    assert list(state.sessions) == ["s1"]


def test_equal_requests_are_answered_with_equal_bytes() -> None:
    stack = (layer("canary_rows"), layer("trap_link"))
    one, two = (handle(Request(path="/staff/1"), defended(*stack)) for _ in range(2))
    assert one == two


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (HOME, 200, None),
        (Request(path="/nowhere"), 404, "not_found"),
        (Request(path="/staff/4"), 404, "not_found"),
        (Request(path="/staff/0/"), 404, "not_found"),
        (Request(method="POST", path="/staff/0"), 405, "bad_method"),
        (Request(path="/buy"), 405, "bad_method"),
        (Request(path="/robots.txt"), 404, "not_found"),
        (bought(item="2", quantity="99"), 200, None),
        (bought(item="2"), 400, "bad_form"),
        (bought(item="3", quantity="1"), 400, "bad_form"),
        (bought(item="2", quantity="0"), 400, "bad_form"),
        (bought(item="2", quantity="100"), 400, "bad_form"),
        (bought(item="2", quantity="-1"), 400, "bad_form"),
        (bought(item="2", quantity="²"), 400, "bad_form"),
        (bought(item="2", quantity="9" * 5000), 400, "bad_form"),
    ],
)
def test_every_visit_is_noted_with_its_status_and_code(
    request_: Request, status: int, code: str | None
) -> None:
    state = defended()
    response = handle(replace(request_, tick=9), state)
    (visit,) = state.sessions["s1"]
    assert response.status == visit.status == status
    assert (visit.code, visit.tick, visit.path) == (code, 9, request_.path)
    assert visit.n_bytes == len(response.body.encode())
    assert len(state.orders) == (request_.method == "POST" and status == 200)


def test_robots_txt_holds_what_all_defenses_forbid_each_once() -> None:
    state = defended(layer("robots_policy", disallow=["/staff", "/archive"]), layer("trap_link"))
    body = handle(Request(path="/robots.txt"), state).body
    assert body == "User-agent: *\nDisallow: /staff\nDisallow: /archive\n"


class First(Defense[NoParams]):
    """Denies item 1, stamps every response and keeps what it saw."""

    name = "first"

    def __init__(self) -> None:
        super().__init__(NoParams())
        self.asked: list[tuple[Method, str, int]] = []

    def on_request(self, request: Request, session: SessionView) -> Denial | None:
        self.asked.append((request.method, request.path, len(session.visits)))
        return Denial(403, "no", f"{self.name} says <no>") if request.path == "/item/1" else None

    def on_response(self, response: Response, session: SessionView) -> Response:
        return replace(response, headers={**response.headers, self.name: "seen"})


class Second(First):
    name = "second"


def test_the_first_defense_that_denies_answers_and_all_see_the_response() -> None:
    first, second = First(), Second()
    state = SiteState(SITE, (first, second))
    handle(HOME, state)
    response = handle(Request(path="/item/1", session="s1"), state)
    assert (first.asked, second.asked) == ([("GET", "/", 0), ("GET", "/item/1", 1)], [("GET", "/", 0)])
    assert (response.status, response.headers["first"], response.headers["second"]) == (403, "seen", "seen")
    assert "first says &lt;no&gt;" in response.body
    assert (state.latest("s1").denied_by, state.latest("s1").code) == ("first", "no")


def test_a_session_view_holds_nothing_but_the_cookie_and_its_visits() -> None:
    assert set(SessionView.__slots__) == {"id", "visits"}
