from __future__ import annotations

from scenarios.webdefense.site.http import Address
from scenarios.webdefense.site.state import SiteState
from tests.scenarios.webdefense.sites import defended, fetch, layer, visitor_of


def statuses(state: SiteState, *paths: str, ticks: tuple[int, ...] = ()) -> list[int]:
    """What one new visitor gets, one request a tick unless `ticks` says when."""
    someone = visitor_of(state)
    when = ticks or tuple(range(len(paths)))
    return [someone.get(Address(path), tick=tick).status for path, tick in zip(paths, when, strict=True)]


def test_robots_txt_asks_and_enforces_nothing() -> None:
    assert statuses(defended(layer("robots_policy")), "/robots.txt", "/staff/0") == [200, 200]


def test_a_session_may_make_as_many_requests_as_the_limit_says() -> None:
    state = defended(layer("rate_limit", requests=3))
    assert statuses(state, "/robots.txt", "/nowhere", "/", "/", "/") == [404, 404, 200, 429, 429]
    assert statuses(state, "/") == [200]
    assert [visit.code for visit in state.sessions["s1"]][-2:] == ["rate_limited"] * 2


def test_a_rate_counts_the_requests_of_the_last_ticks_denied_ones_too() -> None:
    state = defended(layer("rate_limit", requests=2, window_ticks=3))
    assert statuses(state, *"//////", ticks=(0, 1, 2, 4, 4, 8)) == [200, 200, 429, 200, 429, 200]


def test_whoever_follows_the_trap_is_blocked_for_the_session_and_nobody_else_is() -> None:
    state = defended(layer("trap_link"))
    assert statuses(state, "/", "/archive", "/", "/robots.txt") == [200, 403, 403, 403]
    assert [visit.code for visit in state.sessions["s1"]] == [None, "trap", "blocked", "blocked"]
    assert statuses(state, "/") == [200]


def test_a_trap_may_only_note_who_follows_it() -> None:
    state = defended(layer("trap_link", block="none"))
    assert statuses(state, "/archive", "/") == [403, 200]


def test_a_trap_stands_before_the_content_and_after_the_navigation_of_every_page() -> None:
    state = defended(layer("trap_link", path="/more"))
    for path in ("/", "/item/2", "/staff/0"):
        hrefs = [link.href for link in fetch(state, path).links]
        assert hrefs[4] == "/more"


def test_robots_txt_forbids_the_trap_unless_told_otherwise() -> None:
    assert fetch(defended(layer("trap_link")), "/robots.txt").text.endswith("Disallow: /archive\n")
    assert statuses(defended(layer("trap_link", in_robots=False)), "/robots.txt") == [404]
