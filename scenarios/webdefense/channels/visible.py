"""The style filter of a careful visitor: which elements a person would not see.

It knows attributes, inline styles and simple rules of the page's own stylesheet. Like every such filter it
has holes, and they are part of the race: text in the color of its background, or behind something, passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

UNSEEN_TAGS = frozenset({"head", "iframe", "noscript", "script", "style", "template", "title"})
"""Elements whose text no browser shows; comments are no text at all."""

FAR_PX = -500.0
"""An element moved this far or farther up or left stands off the screen."""

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(?:[.#]?[A-Za-z][\w-]*)")
_NUMBER = re.compile(r"-?\d*\.?\d+")

Style = Mapping[str, str]
Attributes = Mapping[str, str | None]


def hides(tag: str, attributes: Attributes, hidden_by: frozenset[str]) -> bool:
    """Whether the element and all in it is out of sight; `hidden_by` is from `hiding_selectors`."""
    if tag in UNSEEN_TAGS or "hidden" in attributes:
        return True
    if tag == "details" and "open" not in attributes:
        return True
    if (style := attributes.get("style")) and style_hides(declarations(style)):
        return True
    return bool(hidden_by) and not hidden_by.isdisjoint(_selectors_of(tag, attributes))


def hiding_selectors(stylesheet: str) -> frozenset[str]:
    """The selectors (``.class``, ``#id``, ``tag``) whose rules put elements out of sight."""
    return frozenset(
        selector.strip()
        for selectors, style in _RULE.findall(stylesheet)
        if style_hides(declarations(style))
        for selector in selectors.split(",")
        if _SELECTOR.fullmatch(selector.strip())
    )


def declarations(style: str) -> dict[str, str]:
    """``display:none; color: red`` as a mapping; names and values in lower case."""
    pairs = (part.partition(":") for part in style.lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def style_hides(style: Style) -> bool:
    """Whether these declarations alone put an element out of sight."""
    return (
        style.get("display") == "none"
        or style.get("visibility") in ("hidden", "collapse")
        or style.get("content-visibility") == "hidden"
        or style.get("color") == "transparent"
        or _number(style.get("opacity")) == 0
        or _number(style.get("font-size")) == 0
        or _is_clipped(style)
        or _is_off_screen(style)
    )


def _is_clipped(style: Style) -> bool:
    if "clip" in style and not any(float(size) for size in _NUMBER.findall(style["clip"])):
        return style["clip"] != "auto"
    if style.get("clip-path", "").startswith(("inset(50%", "inset(100%", "circle(0")):
        return True
    flat = any(_number(style.get(side)) == 0 for side in ("width", "height", "max-width", "max-height"))
    return flat and style.get("overflow") == "hidden"


def _is_off_screen(style: Style) -> bool:
    moved = ("left", "top", "text-indent", "margin-left", "margin-top")
    return any((number := _number(style.get(side))) is not None and number <= FAR_PX for side in moved)


def _number(value: str | None) -> float | None:
    found = _NUMBER.match(value) if value else None
    return float(found.group()) if found else None


def _selectors_of(tag: str, attributes: Attributes) -> Iterator[str]:
    yield tag
    if name := attributes.get("id"):
        yield f"#{name}"
    for name in (attributes.get("class") or "").split():
        yield f".{name}"
