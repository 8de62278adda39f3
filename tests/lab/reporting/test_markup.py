from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from lab.reporting.letters import legible
from lab.reporting.markup import Markup, element, joined, json_island, prose
from tests.lab.reporting.samples import HOSTILE


@given(st.text(st.characters(categories=("L", "M", "N", "P", "S", "Zs"))))
def test_text_comes_out_as_it_went_in_and_makes_no_element(text: str) -> None:
    tree = LexborHTMLParser(f"<body>{element('p', text, title=text)}</body>")
    assert [node.tag for node in tree.css("body *")] == ["p"]


def test_hostile_text_stays_text() -> None:
    written = element("p", HOSTILE, title=HOSTILE)
    tree = LexborHTMLParser(f"<body>{written}</body>")
    assert tree.css("script, img") == []
    (paragraph,) = tree.css("p")
    assert paragraph.text() == legible(HOSTILE)
    assert paragraph.attributes["title"] == legible(HOSTILE)


def test_markup_is_not_escaped_twice() -> None:
    assert element("p", element("b", "<")) == "<p><b>&lt;</b></p>"
    assert joined(Markup("<br>"), "<br>") == "<br>&lt;br&gt;"


def test_names_of_attributes_are_spelled_with_dashes() -> None:
    assert element("meta", http_equiv="x", class_="y") == '<meta http-equiv="x" class="y">'


def test_what_stands_between_backticks_is_code() -> None:
    assert prose("read `a<b` here") == "read <code>a&lt;b</code> here"
    assert prose("a lone ` stays") == "a lone ` stays"


def test_data_of_scripts_cannot_end_their_element() -> None:
    island = json_island(json.dumps({"text": HOSTILE}), data_figure="figure-1")
    tree = LexborHTMLParser(f"<body>{island}</body>")
    (script,) = tree.css("script")
    assert json.loads(script.text()) == {"text": HOSTILE}
