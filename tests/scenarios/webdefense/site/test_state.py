from __future__ import annotations

from lab.core.canonical import canonical
from scenarios.webdefense.site.http import Address
from tests.scenarios.webdefense.sites import defended, layer, visitor_of


def test_a_fresh_site_has_seen_nobody() -> None:
    assert defended().snapshot() == {"visits": [], "orders": [], "canaries": {}}


def test_the_latest_visit_tells_what_was_put_into_the_page() -> None:
    state = defended(layer("ipi_stop", scope="/staff"))
    ada = visitor_of(state)
    ada.get(Address("/staff/0"), tick=4)
    assert [edit.payload for edit in state.latest("s1").edits] == ["ipi_stop/notice"]
    ada.get(Address("/"), tick=5)
    assert state.latest("s1").edits == ()


def test_a_snapshot_is_json_and_holds_visits_orders_and_canaries() -> None:
    state = defended(layer("canary_rows"))
    ada, bob = visitor_of(state), visitor_of(state)
    ada.get(Address("/staff/0"), tick=1)
    bob.post(Address("/buy"), {"item": "1", "quantity": "3"}, tick=2)
    shot = state.snapshot()
    assert canonical(shot)
    assert [[(v["path"], v["payloads"]) for v in visits] for visits in shot["visits"]] == [
        [("/staff/0", ["canary_rows/s1/staff/0/1"])],
        [("/buy", [])],
    ]
    assert shot["orders"] == [{"session": "s2", "item": 1, "quantity": 3, "tick": 2}]
    assert list(shot["canaries"].values()) == ["s1"]
