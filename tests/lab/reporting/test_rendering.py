from __future__ import annotations

from lab.core.canonical import canonical
from lab.reporting.rendering import png, script, svg


def test_the_script_of_pages_can_stand_in_a_page() -> None:
    text = script()
    assert "</script" not in text.lower()
    assert "<script" not in text.lower()
    assert "\r" not in text  # a browser would read another text than the one whose hash allows it
    assert "vegaEmbed" in text


SPEC = canonical(
    {
        "data": {"values": [{"x": 1, "name": 'url(#clip0) id="clip1"'}]},
        "mark": {"type": "bar", "clip": True},
        "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "name", "type": "nominal"}},
    }
)


def test_a_drawing_is_the_same_however_many_came_before() -> None:
    first, second = svg(SPEC), svg(SPEC)
    assert first == second
    assert first.count('id="clip0"') == 1


def test_words_that_look_like_parts_of_a_drawing_stay_as_they_are() -> None:
    assert 'url(#clip0) id="clip1"' in svg(SPEC)


def test_a_picture_is_a_png() -> None:
    assert png(SPEC).startswith(b"\x89PNG")
