from __future__ import annotations

import pytest

from scenarios.webdefense.channels.reading import Channel
from scenarios.webdefense.directory.browser import OK, Browser, Outcome, Trip
from scenarios.webdefense.site.http import Address
from tests.scenarios.webdefense.sites import defended, layer, visitor_of


def browser(channel: Channel = "lexbor_text", page_chars: int = 8000) -> Browser:
    """A program on the site behind a trap link."""
    return Browser(visitor_of(defended(layer("trap_link"))), channel, page_chars)


def at(program: Browser, url: str) -> Browser:
    """The program with this page open."""
    trip = program.plan("open", {"url": url})
    assert isinstance(trip, Trip)
    program.go(trip, tick=0)
    return program


def test_a_link_leads_to_its_address_and_a_form_posts_its_fields() -> None:
    program = at(browser(), "/item/1")
    assert program.view is not None
    links = {ref["name"]: ref["ref"] for ref in program.view.refs if ref["role"] == "link"}
    assert program.plan("click", {"ref": links["Staff"]}) == Trip(Address("/staff/0"))
    assert program.fill("F1.quantity", "3") == OK
    posted = Trip(Address("/buy"), {"item": "1", "quantity": "3"})
    assert program.plan("submit", {"ref": "F1"}) == program.plan("click", {"ref": "F1"}) == posted
    assert {"ref": "F1.quantity", "role": "field", "name": "quantity", "value": "3"} in program.view.refs


def test_what_was_typed_is_gone_with_the_page() -> None:
    program = at(browser(), "/item/1")
    program.fill("F1.quantity", "3")
    at(program, "/item/1")
    assert program.plan("submit", {"ref": "F1"}) == Trip(Address("/buy"), {"item": "1", "quantity": "1"})


@pytest.mark.parametrize(
    ("action", "args", "code"),
    [
        ("click", {"ref": "L99"}, "stale_ref"),
        ("submit", {"ref": "L1"}, "stale_ref"),
        ("open", {"url": "https://else.example/"}, "off_site"),
        ("open", {"url": "a\tb"}, "bad_arg"),
        ("back", {}, "bad_arg"),
    ],
)
def test_what_cannot_be_requested_says_why(action: str, args: dict[str, str], code: str) -> None:
    found = at(browser(), "/item/1").plan(action, args)
    assert isinstance(found, Outcome)
    assert found.code == code
    assert found.told


def test_a_hidden_field_cannot_be_filled() -> None:
    assert at(browser(), "/item/1").fill("F1.item", "2").code == "stale_ref"


def test_back_goes_page_by_page_but_never_to_a_posted_form() -> None:
    program = at(at(browser(), "/"), "/item/1")
    posted = program.plan("submit", {"ref": "F1"})
    assert isinstance(posted, Trip)
    program.go(posted, tick=1)
    at(program, "/staff/0")
    seen = []
    while isinstance(trip := program.plan("back", {}), Trip):
        seen.append(program.go(trip, tick=2, returning=True).url)
    assert seen == ["/item/1", "/"]


def test_only_a_channel_that_shows_hidden_elements_offers_the_trap() -> None:
    offered = {}
    for channel in ("raw_html", "lexbor_text", "visible_text"):
        view = at(browser(channel), "/").view
        assert view is not None
        offered[channel] = any(ref.get("href") == "/archive" for ref in view.refs)
    assert offered == {"raw_html": True, "lexbor_text": True, "visible_text": False}


def test_a_long_page_is_cut_and_says_so() -> None:
    view = at(browser(page_chars=200), "/staff/0").view
    assert view is not None
    assert (len(view.text), view.truncated) == (200, True)


def test_all_that_is_given_stands_in_the_string_that_is_searched_for_payloads() -> None:
    view = at(browser(), "/item/1").view
    assert view is not None
    assert all(text in view.given for text in (view.title, view.text, "/archive", "F1.quantity"))


def test_every_address_met_is_remembered_with_whether_it_was_opened() -> None:
    program = at(browser(), "/staff/0")
    assert program.addresses[0] == "/staff/0 (opened)"
    assert {"/", "/item/1", "/item/2", "/staff/1"} < set(program.addresses)
