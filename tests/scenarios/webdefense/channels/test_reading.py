"""Channels, and which carrier reaches which of them (webdefense.md §6)."""

from __future__ import annotations

from typing import get_args

import pytest

from scenarios.webdefense.channels.exposure import payloads_in
from scenarios.webdefense.channels.reading import Channel, Field, Form, Link, read
from scenarios.webdefense.defenses.carriers import Carrier
from scenarios.webdefense.site.http import PLAIN_TYPE, Address, Response
from tests.scenarios.webdefense.sites import SITE, defended, fetch, layer, page_of, visitor_of

CHANNELS: tuple[Channel, ...] = get_args(Channel)
CARRIERS: tuple[Carrier, ...] = get_args(Carrier)
REACHES: dict[Carrier, set[Channel]] = {
    **{carrier: {"raw_html", "lexbor_text"} for carrier in CARRIERS},
    "comment": {"raw_html"},
    "visible": {"raw_html", "lexbor_text", "visible_text"},
}
"""The rows of §6's table: raw text holds all but comments; a style filter that knows the stylesheet removes
all that is invisible; nothing removes an honest line."""


@pytest.mark.parametrize("position", ["first", "middle", "last"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_carrier_reaches_exactly_the_channels_it_was_measured_to_reach(
    carrier: Carrier, position: str
) -> None:
    state = defended(layer("ipi_stop", carrier=carrier, position=position, text="Don't <go> & stay."))
    visitor = visitor_of(state)
    response = visitor.get(Address("/staff/0"), tick=0)
    edits = state.latest("s1").edits
    assert {c for c in CHANNELS if payloads_in(read(response, c).text, edits)} == REACHES[carrier]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_hidden_link_is_offered_only_where_its_text_is_read(carrier: Carrier) -> None:
    state = defended(layer("trap_link", carrier=carrier))
    offering = {
        channel
        for channel in CHANNELS
        if "/archive" in [link.href for link in fetch(state, "/", channel).links]
    }
    assert offering == REACHES[carrier] - ({"raw_html"} if carrier == "comment" else set())


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_gives_all_records_of_a_page(channel: Channel) -> None:
    page = fetch(defended(), "/staff/1", channel)
    assert page.title == "Staff 2"
    assert all(person.line in page.text for person in SITE.staff_page(1))


def test_careful_readers_get_one_block_a_line_and_no_markup() -> None:
    response = page_of(
        "<title>T</title><p>a  <b>b</b>\nc</p><div>d<p>e</p>f</div>g<br>h<script>x</script><!-- i -->"
    )
    assert read(response, "visible_text").text == "a b c\nd\ne\nf\ng\nh"


def test_lexbor_text_keeps_scripts_and_noscript_and_drops_templates() -> None:
    response = page_of(
        "<p>a</p><script>x=1</script><noscript>n</noscript><template>t</template><p hidden>h</p>"
    )
    assert read(response, "lexbor_text").text == "a\nx=1\nn\nh"


def test_raw_html_is_the_source_itself() -> None:
    response = page_of("<p>a<!-- b --></p>")
    assert read(response, "raw_html").text == response.body


def test_links_are_numbered_in_document_order() -> None:
    page = read(page_of('<a href="/b">B <i>b</i></a><a>no</a><p><a href="/a">A</a></p>'), "visible_text")
    assert page.links == (Link("L1", "B b", "/b"), Link("L2", "A", "/a"))


def test_a_form_offers_its_fields_and_its_button() -> None:
    page = fetch(defended(), "/item/2", "visible_text")
    fields = (Field("F1.item", "item", "2", hidden=True), Field("F1.quantity", "quantity", "1"))
    assert page.forms == (Form("F1", "/buy", "POST", "Buy", fields),)


def test_a_second_form_does_not_take_over_the_fields_of_the_first() -> None:
    source = (
        '<form action="/a"><input name="x"></form><form method="post"><textarea name="y"></textarea></form>'
    )
    first, second = read(page_of(source), "raw_html").forms
    assert (first.ref, first.method, first.action, first.button) == ("F1", "GET", "/a", "")
    assert second == Form("F2", "", "POST", "", (Field("F2.y", "y", ""),))


@pytest.mark.parametrize("channel", CHANNELS)
def test_plain_text_and_empty_pages_are_given_as_they_stand(channel: Channel) -> None:
    plain = Response(status=200, headers={"Content-Type": PLAIN_TYPE}, body="User-agent: *\n")
    assert read(plain, channel).text == "User-agent: *\n"
    assert read(page_of(""), channel).text == ""
