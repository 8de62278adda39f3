from __future__ import annotations

import pytest

from scenarios.webdefense.defenses.notices import LOREM, STOP_TEXT, WARNING_TEXT, lorem
from tests.scenarios.webdefense.sites import defended, fetch, layer


@pytest.mark.parametrize(("use", "text"), [("ipi_stop", STOP_TEXT), ("warning", WARNING_TEXT)])
def test_a_notice_stands_on_every_page_or_only_in_its_scope(use: str, text: str) -> None:
    everywhere, staff = defended(layer(use)), defended(layer(use, scope="/staff"))
    assert [text in fetch(everywhere, path).text for path in ("/", "/item/1", "/staff/3")] == [True] * 3
    assert [text in fetch(staff, path).text for path in ("/", "/item/1", "/staff/3")] == [False, False, True]


def test_a_notice_may_have_words_of_its_own_with_single_spaces() -> None:
    state = defended(layer("ipi_stop", text="Please\n leave.", carrier="visible"))
    assert "Please leave." in fetch(state, "/", "visible_text").text.splitlines()


@pytest.mark.parametrize(("like", "text"), [("ipi_stop", STOP_TEXT), ("warning", WARNING_TEXT)])
def test_a_placebo_is_as_long_as_what_it_stands_for(like: str, text: str) -> None:
    sizes = [
        len(fetch(defended(stack), "/staff/0").text)
        for stack in (layer("placebo_text", like=like), layer(like))
    ]
    assert sizes[0] == sizes[1]


@pytest.mark.parametrize("n_chars", [2, 20, len(LOREM), len(LOREM) + 1, 1000])
def test_lorem_has_exactly_the_length_asked_for(n_chars: int) -> None:
    text = lorem(n_chars)
    assert (len(text), text[-1], text[0]) == (n_chars, ".", "L")
    assert text == " ".join(text.split())


def test_only_the_texts_against_agents_speak_to_agents() -> None:
    assert [("automated agents" in text) for text in (STOP_TEXT, WARNING_TEXT, LOREM)] == [True, True, False]
