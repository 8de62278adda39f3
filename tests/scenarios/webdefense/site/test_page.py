from __future__ import annotations

from typing import Literal

import pytest

from scenarios.webdefense.site.page import Edit, make_page, page_html, site_pages
from scenarios.webdefense.site.world import SiteSpec, build_site
from tests.scenarios.webdefense.sites import SITE


def note(position: Literal["first", "middle", "last"], text: str = "NOTE", style: str = "") -> Edit:
    return Edit(
        plugin="test",
        payload=text,
        html=f"<p>{text}</p>",
        marks=(text,),
        position=position,
        carrier="visible",
        style=style,
    )


def test_a_site_has_a_home_its_items_and_its_staff_pages() -> None:
    assert list(site_pages(SITE)) == [
        *("/", "/item/1", "/item/2"),
        *("/staff/0", "/staff/1", "/staff/2", "/staff/3"),
    ]


def test_every_staff_page_but_the_last_leads_to_the_next() -> None:
    pages = site_pages(SITE)
    for number in range(4):
        assert (f'href="/staff/{number + 1}"' in "".join(pages[f"/staff/{number}"].parts)) == (number < 3)


def test_every_block_of_a_page_is_one_whole_element() -> None:
    for page in site_pages(build_site(SiteSpec(items=9, records=15), key=2)).values():
        for part in page.parts:
            tag = part[1:].partition(">")[0].split()[0]
            assert part.startswith(f"<{tag}")
            assert part.endswith(f"</{tag}>")


def test_the_navigation_leads_home_to_the_items_and_to_the_staff() -> None:
    html = page_html(SITE, site_pages(SITE)["/"])
    places = [html.index(f'href="{path}"') for path in ("/", "/item/1", "/item/2", "/staff/0")]
    assert places == sorted(places)


def test_edits_stand_after_the_navigation_amid_the_content_or_after_it() -> None:
    page = site_pages(SITE)["/staff/0"]
    where: dict[str, int] = {}
    for position in ("first", "middle", "last"):
        html = page_html(SITE, page, [note(position)])
        assert html.index("</nav>") < html.index("NOTE") < html.index("</main>")
        where[position] = sum(html.index(part) < html.index("NOTE") for part in page.parts)
    assert where == {"first": 0, "middle": 6, "last": 12}


def test_edits_at_one_place_stand_in_stack_order() -> None:
    html = page_html(SITE, site_pages(SITE)["/"], [note("first", "ONE"), note("first", "TWO")])
    assert html.index("ONE") < html.index("TWO")


def test_a_rule_is_put_into_the_stylesheet_once() -> None:
    page = site_pages(SITE)["/"]
    assert page_html(SITE, page, [note("first", style=".a{}"), note("last", style=".a{}")]).count(".a{}") == 1
    assert "<style>" not in page_html(SITE, page)


def test_values_are_escaped() -> None:
    page = make_page("error", "/<b>", "<b>", text="<script>")
    assert "<script>" not in page_html(SITE, page)
    assert "<b>" not in page_html(SITE, page)


def test_a_forgotten_value_is_an_error() -> None:
    with pytest.raises(Exception, match="'text' is undefined"):
        make_page("error", "/", "Error")
