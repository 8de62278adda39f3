from __future__ import annotations

from typing import Any

import pytest

from lab.core.canonical import content_hash
from scenarios.webdefense.directory.browser import Browser, Trip
from scenarios.webdefense.directory.loot import Loot, people_of
from scenarios.webdefense.directory.spec import VisitorParams
from scenarios.webdefense.directory.visit import MAX_NOTES, Visit
from scenarios.webdefense.site.http import Address
from tests.scenarios.webdefense.sites import SITE, defended, layer, visitor_of


def visit(**wants: Any) -> Visit:
    """A visit that has just begun."""
    state = defended(layer("ipi_stop"))
    params = VisitorParams(**wants)
    contact = SITE.people[3] if params.goal == "find_contact" else None
    program = Browser(visitor_of(state), params.channel, 8000)
    return Visit("ann", params, contact, program, Loot(people_of(SITE)), steps_left=9, requests_left=8)


@pytest.mark.parametrize(
    ("wants", "task"),
    [
        ({"goal": "buy_item", "item": 2}, {"goal": "buy_item", "item": 2}),
        ({"goal": "find_contact"}, {"goal": "find_contact", "person": SITE.people[3].name}),
        ({"goal": "index"}, {"goal": "index"}),
    ],
)
def test_a_visitor_knows_its_task_and_not_its_party(wants: dict[str, Any], task: dict[str, Any]) -> None:
    seen = visit(**wants).observation()
    assert seen["task"] == task
    assert seen["budget"] == {"steps": 9, "requests": 8}
    assert (seen["url"], seen["status"], seen["refs"]) == (None, None, [])
    assert "party" not in seen


@pytest.mark.parametrize(
    ("channel", "payloads"), [("lexbor_text", ("ipi_stop/notice",)), ("visible_text", ())]
)
def test_the_payloads_in_what_is_given_are_noted(channel: str, payloads: tuple[str, ...]) -> None:
    state = defended(layer("ipi_stop"))
    one = visit(channel=channel)
    one.browser = Browser(visitor_of(state), one.wants.channel, 8000)
    view = one.browser.go(Trip(Address("/")), tick=0)
    digest = one.shown(view, state.latest(str(one.browser.session)).edits)
    assert one.payloads == payloads
    assert digest == content_hash(view.given)
    one.shown(view, ())
    assert one.payloads == ()


def test_only_the_last_notes_are_shown() -> None:
    one = visit()
    one.notes = [str(number) for number in range(MAX_NOTES + 5)]
    assert one.observation()["notes"][0] == "5"
