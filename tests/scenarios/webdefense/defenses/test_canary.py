from __future__ import annotations

from scenarios.webdefense.site.http import Address
from scenarios.webdefense.site.state import SiteState
from scenarios.webdefense.site.world import SiteSpec, build_site
from tests.scenarios.webdefense.sites import SITE, defended, layer, visitor_of


def tour(state: SiteState, *paths: str) -> list[tuple[str, ...]]:
    """The canaries (their first marks) that one new visitor is shown, page by page."""
    someone = visitor_of(state)
    shown = []
    for path in paths:
        someone.get(Address(path), tick=0)
        assert someone.session is not None
        shown.append(tuple(edit.marks[0] for edit in state.latest(someone.session).edits))
    return shown


def test_canaries_stand_on_staff_pages_only() -> None:
    assert [
        len(marks) for marks in tour(defended(layer("canary_rows", per_page=3)), "/", "/item/1", "/staff/0")
    ] == [*(0, 0, 3)]


def test_a_session_sees_the_same_canary_whenever_it_comes_back() -> None:
    first, other, again = tour(defended(layer("canary_rows")), "/staff/0", "/staff/1", "/staff/0")
    assert first == again != other


def test_a_canary_names_the_one_session_it_was_issued_to() -> None:
    state = defended(layer("canary_rows", per_page=5))
    for _ in range(8):
        tour(state, "/staff/0", "/staff/1")
    assert len(state.canaries) == 80
    assert sorted(state.canaries.values()) == sorted(
        f"s{number}" for number in range(1, 9) for _ in range(10)
    )


def test_no_canary_has_the_address_of_a_real_person() -> None:
    site = build_site(SiteSpec(records=400, per_page=100), key=2)
    state = defended(layer("canary_rows", per_page=20), site=site)
    for _ in range(5):
        tour(state, "/staff/0", "/staff/1")
    assert len(state.canaries) == 200
    assert not state.canaries.keys() & {person.email for person in site.people}


def test_a_canary_looks_like_any_row() -> None:
    ((line,),) = tour(defended(layer("canary_rows")), "/staff/0")
    assert line.count(", ") == SITE.people[0].line.count(", ")
