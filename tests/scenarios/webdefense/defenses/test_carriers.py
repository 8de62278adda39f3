from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from scenarios.webdefense.channels.reading import read
from scenarios.webdefense.defenses.carriers import Carrier, Placement, edit, is_in_scope, text_payload
from tests.scenarios.webdefense.sites import page_of


@pytest.mark.parametrize(
    ("path", "scope", "inside"),
    [
        ("/staff", "/staff", True),
        ("/staff/0", "/staff", True),
        ("/staff/0", "/staff/", True),
        ("/staffing", "/staff", False),
        ("/", "/staff", False),
        ("/", "/", True),
        ("/item/1", "/", True),
    ],
)
def test_a_scope_is_a_path_and_all_below_it(path: str, scope: str, *, inside: bool) -> None:
    assert is_in_scope(path, scope) is inside


@pytest.mark.parametrize("scope", ["staff", "", "/staff # all", "/a b", "/staff\nAllow: /"])
def test_a_scope_that_no_robots_txt_could_say_is_refused(scope: str) -> None:
    with pytest.raises(ValidationError, match="should be a path such as /staff"):
        Placement(scope=scope)


@pytest.mark.parametrize("carrier", get_args(Carrier))
def test_a_text_can_not_break_out_of_its_carrier(carrier: Carrier) -> None:
    text = "a</p></noscript><script>\"'&"
    html = edit("p", text_payload("x", text), Placement(carrier=carrier)).html
    assert "<script>" not in html
    assert read(page_of(html + "<p>after</p>"), "visible_text").text.endswith("after")


def test_the_marks_of_a_text_are_itself_and_its_escaped_form() -> None:
    assert text_payload("x", "a & b").marks == ("a & b", "a &amp; b")
    assert text_payload("x", "plain").marks == ("plain",)


def test_an_edit_says_who_made_it_and_how() -> None:
    made = edit("ipi_stop", text_payload("notice", "hi"), Placement(carrier="class_none", position="last"))
    assert (made.plugin, made.payload, made.carrier, made.position) == (
        *("ipi_stop", "ipi_stop/notice"),
        *("class_none", "last"),
    )
    assert made.style == ".u-aside{display:none}"
