from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.webdefense.site.http import HTML_TYPE, Address, Refusal, Request, Response, address


@pytest.mark.parametrize(
    ("typed", "here", "place"),
    [
        ("/staff/0", "/", Address("/staff/0")),
        (" /staff/0 ", "/", Address("/staff/0")),
        ("http://127.0.0.1/staff/0", "/", Address("/staff/0")),
        ("http://localhost", "/item/1", Address("/")),
        ("1", "/staff/0", Address("/staff/1")),
        ("../item/2", "/staff/0", Address("/item/2")),
        ("../../../etc/passwd", "/staff/0", Address("/etc/passwd")),
        ("/a%20b", "/", Address("/a b")),
        ("?page=2&page=3&x=", "/staff/0", Address("/staff/0", {"page": "3", "x": ""})),
        ("/staff/0#top", "/", Address("/staff/0")),
        ("http://127.0.0.1//example.com/x", "/", Address("/example.com/x")),
    ],
)
def test_an_address_is_read_as_a_browser_would(typed: str, here: str, place: Address) -> None:
    assert address(typed, here) == place


@pytest.mark.parametrize(
    "typed",
    [
        "http://example.com/",
        "//example.com/staff/0",
        "https://127.0.0.1/",
        "http://127.0.0.1:8080/",
        "http://127.0.0.1@example.com/",
        "http://me@127.0.0.1/",
        "http://127.0.0.1.example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "mailto:ada@example.com",
    ],
)
def test_whatever_is_not_on_the_site_is_refused_as_off_site(typed: str) -> None:
    refusal = address(typed)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "off_site"
    assert typed in refusal.why


@pytest.mark.parametrize(
    "typed", ["", "  ", "x" * 2001, "/a\nb", "\\\\host", "http://[", "http://127.0.0.1:x/"]
)
def test_what_is_no_address_is_refused_as_a_bad_argument(typed: str) -> None:
    refusal = address(typed)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_arg"


def test_an_address_does_not_grow_from_page_to_page_beyond_its_limit() -> None:
    here = "/" + 1500 * "a" + "/"
    assert isinstance(address(490 * "b", here), Address)
    found = address(600 * "b", here)
    assert isinstance(found, Refusal)
    assert (found.code, found.why) == ("bad_arg", "the address comes to more than 2000 characters")


@given(st.text(max_size=60))
def test_any_text_is_a_path_of_the_site_or_a_refusal(typed: str) -> None:
    place = address(typed, "/staff/0")
    assert isinstance(place, Refusal) or (place.path.startswith("/") and not place.path.startswith("//"))


def test_the_target_of_a_request_is_what_goes_over_the_wire() -> None:
    assert Request(path="/a b?", query={"q": "x&y"}).target == "/a%20b%3F?q=x%26y"
    assert Request(path="/staff/0").target == "/staff/0"


def test_only_a_page_with_markup_is_html() -> None:
    assert Response(status=200, headers={"Content-Type": HTML_TYPE}, body="").is_html
    assert not Response(status=200, headers={}, body="").is_html
