from __future__ import annotations

from scenarios.webdefense.defenses.base import Cost, cost
from scenarios.webdefense.site.http import Address, Request
from scenarios.webdefense.site.state import SessionView
from tests.scenarios.webdefense.sites import SITE, defended, layer, visitor_of


def test_a_defense_that_overrides_nothing_changes_nothing() -> None:
    (nothing,) = defended(layer("none")).defenses
    bare, state = defended(), defended(layer("none"))
    page = state.pages["/"]
    nobody = SessionView("s1", ())
    assert nothing.on_request(Request(path="/"), nobody) is None
    assert list(nothing.on_render(page, nobody)) == []
    assert (nothing.disallows(), dict(nothing.canaries)) == ((), {})
    for path in ("/", "/staff/0"):
        assert visitor_of(state).get(Address(path), tick=0) == visitor_of(bare).get(Address(path), tick=0)
    assert state.site is SITE


def test_the_cost_of_a_defense_is_its_edits_their_bytes_and_its_denials() -> None:
    state = defended(layer("trap_link"), layer("warning", text="Märk", carrier="class_none"))
    ada = visitor_of(state)
    for path in ("/", "/staff/0", "/archive", "/"):
        ada.get(Address(path), tick=0)
    visits = state.sessions["s1"]
    assert cost("warning", visits) == Cost(
        edits=2, n_bytes=2 * len('<p class="u-aside">Märk</p>.u-aside{display:none}'.encode()), denials=0
    )
    assert cost("trap_link", visits).denials == 2
    assert cost("rate_limit", visits) == Cost(0, 0, 0)


def test_the_bytes_of_the_edits_are_what_the_page_grew_by() -> None:
    bare, state = defended(), defended(layer("ipi_stop"))
    for site in (bare, state):
        visitor_of(site).get(Address("/staff/0"), tick=0)
    line_end = 1
    grown = state.latest("s1").n_bytes - bare.latest("s1").n_bytes
    assert cost("ipi_stop", state.sessions["s1"]).n_bytes == grown - line_end
