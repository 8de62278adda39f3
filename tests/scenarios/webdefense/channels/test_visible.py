from __future__ import annotations

import pytest

from scenarios.webdefense.channels.visible import declarations, hides, hiding_selectors, style_hides


@pytest.mark.parametrize(
    "style",
    [
        "display:none",
        "Display : NONE !important; color:red",
        "visibility:hidden",
        "visibility:collapse",
        "content-visibility:hidden",
        "color:transparent",
        "opacity:0",
        "opacity:0.0",
        "font-size:0",
        "font-size:0px",
        "clip:rect(0 0 0 0)",
        "clip:rect(0px,0px,0px,0px)",
        "clip-path:inset(50%)",
        "clip-path:inset(100%)",
        "height:0;overflow:hidden",
        "max-height:0px;overflow:hidden",
        "position:absolute;left:-9999px",
        "position:fixed;top:-1000px",
        "text-indent:-999em",
        "margin-left:-5000px",
    ],
)
def test_a_style_that_takes_text_out_of_sight_is_known(style: str) -> None:
    assert style_hides(declarations(style))


@pytest.mark.parametrize(
    "style",
    [
        "",
        ";;",
        "nonsense",
        "display:block",
        "visibility:visible",
        "opacity:0.5",
        "opacity:1",
        "font-size:10px",
        "font-size:0.8em",
        "clip:auto",
        "clip:rect(0 10px 10px 0)",
        "height:0",
        "overflow:hidden",
        "left:-10px",
        "text-indent:2em",
        "color:red",
    ],
)
def test_a_style_that_leaves_text_in_sight_is_let_pass(style: str) -> None:
    assert not style_hides(declarations(style))


def test_hidden_elements_are_known_by_tag_attribute_and_style() -> None:
    none = frozenset[str]()
    assert hides("noscript", {}, none)
    assert hides("p", {"hidden": None}, none)
    assert hides("p", {"style": "opacity:0"}, none)
    assert hides("details", {}, none)
    assert not hides("details", {"open": None}, none)
    assert not hides("p", {"aria-hidden": "true"}, none)


def test_simple_rules_of_the_stylesheet_count() -> None:
    hidden_by = hiding_selectors(
        ".a, .b{display:none} #c { left:-9999px } em{opacity:0} .d{color:red} .e p{display:none}"
    )
    assert hidden_by == {".a", ".b", "#c", "em"}
    assert hides("p", {"class": "x b"}, hidden_by)
    assert hides("p", {"id": "c"}, hidden_by)
    assert hides("em", {}, hidden_by)
    assert not hides("p", {"class": "d e", "id": "b"}, hidden_by)
