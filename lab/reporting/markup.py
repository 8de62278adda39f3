"""HTML that cannot be broken into: whatever is not `Markup` is text, and text is escaped.

Transcripts are hostile text. There is one way to write an element and one way to hand data to a script, and
both escape.
"""

from __future__ import annotations

from html import escape

from lab.reporting.letters import legible

_VOID = frozenset({"meta", "img", "br", "hr"})


class Markup(str):
    """HTML that is safe as it stands."""

    __slots__ = ()


def element(name: str, /, *children: str, **attributes: str) -> Markup:
    """The element `name` with its children in order; children that are plain text are escaped.

    Args:
        name: of the element, from our own source.
        children: markup or text.
        attributes: their values are escaped; ``_`` in a name stands for ``-``, at its end for nothing.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(legible(value))}"'
        for key, value in attributes.items()
    )
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{joined(*children)}</{name}>")


def joined(*children: str) -> Markup:
    """Markup and escaped text in one piece."""
    return Markup("".join(_safe(child) for child in children))


def prose(text: str) -> Markup:
    """Escaped text in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return joined(text)
    return joined(*(element("code", part) if index % 2 else part for index, part in enumerate(parts)))


def json_island(text: str, **attributes: str) -> Markup:
    """An inert script element that holds a JSON text.

    HTML unescapes nothing inside a script; ``<`` is the one letter that could end it, and JSON can spell it
    otherwise.
    """
    inert = Markup(text.replace("<", "\\u003c"))
    return element("script", inert, type="application/json", **attributes)


def _safe(child: str) -> str:
    return child if isinstance(child, Markup) else escape(legible(child))
