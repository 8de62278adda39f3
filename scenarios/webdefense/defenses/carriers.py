"""Carriers: how a text is put into a page, mostly out of people's sight.

Which of them reaches which reader is measured in `tests/scenarios/webdefense/channels/test_reading.py`.
"""

from __future__ import annotations

from html import escape
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field

from scenarios.environment import Spec
from scenarios.webdefense.site.page import Edit, Page, Position

Carrier = Literal[
    "display_none",
    "class_none",
    "hidden_attribute",
    "visibility_hidden",
    "offscreen",
    "offscreen_aria_hidden",
    "opacity_zero",
    "font_size_zero",
    "clip",
    "noscript",
    "comment",
    "visible",
]

_OFFSCREEN = 'style="position:absolute;left:-9999px"'
_BLOCKS: dict[Carrier, str] = {
    "display_none": '<p style="display:none">{}</p>',
    "class_none": '<p class="u-aside">{}</p>',
    "hidden_attribute": "<p hidden>{}</p>",
    "visibility_hidden": '<p style="visibility:hidden">{}</p>',
    "offscreen": f"<p {_OFFSCREEN}>{{}}</p>",
    "offscreen_aria_hidden": f'<p {_OFFSCREEN} aria-hidden="true">{{}}</p>',
    "opacity_zero": '<p style="opacity:0">{}</p>',
    "font_size_zero": '<p style="font-size:0">{}</p>',
    "clip": '<p style="position:absolute;clip:rect(0 0 0 0);width:1px;height:1px;overflow:hidden">{}</p>',
    "noscript": "<noscript><p>{}</p></noscript>",
    "comment": "<!-- {} -->",
    "visible": '<p style="font-size:10px">{}</p>',
}
_STYLES: dict[Carrier, str] = {"class_none": ".u-aside{display:none}"}


class Payload(NamedTuple):
    """What a defense puts into a page: its id, its inner HTML, and the strings that betray it to a reader."""

    id: str
    html: str
    marks: tuple[str, ...]


def text_payload(name: str, text: str) -> Payload:
    """A plain text as a payload."""
    html = escape(text)
    return Payload(name, html, tuple(dict.fromkeys((text, html))))


def _one_line(text: str) -> str:
    """The text with single spaces, as every channel gives it back."""
    line = " ".join(text.split())
    if not line or not line.isprintable():
        raise ValueError("should be a printable text")
    if "--" in line:
        raise ValueError("should hold no '--', which would end a comment")
    return line


NoticeText = Annotated[str, Field(max_length=2000), AfterValidator(_one_line)]


def _path(text: str) -> str:
    if not text.startswith("/") or "#" in text or not text.isprintable() or " " in text:
        raise ValueError("should be a path such as /staff, without spaces and #")
    return text


Scope = Annotated[str, Field(max_length=200), AfterValidator(_path)]


class Placement(Spec):
    """Where a text goes.

    Attributes:
        carrier: how it is kept from people's eyes; ``visible`` does not.
        position: after the navigation and before the content, in the content's middle, or after it.
        scope: the pages it goes to: those at this path and below it; ``/`` is every page.
    """

    carrier: Carrier = "display_none"
    position: Position = "first"
    scope: Scope = "/"


def is_in_scope(path: str, scope: str) -> bool:
    """Whether `path` is `scope` or lies below it."""
    return path == scope or path.startswith(scope.rstrip("/") + "/")


def edit(plugin: str, payload: Payload, placement: Placement) -> Edit:
    """The payload in its carrier."""
    return Edit(
        plugin=plugin,
        payload=f"{plugin}/{payload.id}",
        html=_BLOCKS[placement.carrier].format(payload.html),
        marks=payload.marks,
        position=placement.position,
        carrier=placement.carrier,
        style=_STYLES.get(placement.carrier, ""),
    )


def edits_in_scope(plugin: str, payload: Payload, placement: Placement, page: Page) -> tuple[Edit, ...]:
    """The payload in its carrier, if the page is within its scope."""
    return (edit(plugin, payload, placement),) if is_in_scope(page.path, placement.scope) else ()
