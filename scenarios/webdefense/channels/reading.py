"""What a visitor's program reads of a page: the text, and the links and forms it can use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode

from scenarios.webdefense.channels.visible import hides, hiding_selectors
from scenarios.webdefense.site.http import Method, Response

Channel = Literal["raw_html", "lexbor_text", "visible_text"]

BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "details", "div", "dl", "dt", "fieldset"),
        *(
            "footer",
            "form",
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "header",
            "hr",
            "li",
            "main",
            "nav",
            "ol",
            "p",
        ),
        *("pre", "section", "table", "td", "th", "tr", "ul"),
    }
)
"""Elements that begin and end a line of their own."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link the channel offers; `ref` is L1, L2, … in document order."""

    ref: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form, such as F1.quantity; `hidden` fields go along unseen."""

    ref: str
    name: str
    value: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form the channel offers; `ref` is F1, F2, …; `button` is the text on its button."""

    ref: str
    action: str
    method: Method
    button: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A page as one channel gives it."""

    title: str
    text: str
    links: tuple[Link, ...] = ()
    forms: tuple[Form, ...] = ()


def read(response: Response, channel: Channel) -> Reading:
    """The page as `channel` gives it; text that is no HTML is given as it stands.

    raw_html: the source itself; links and forms are all that stand in it.
    lexbor_text: all text in the body, as `selectolax` extracts it: also hidden text and scripts; links and
        forms likewise.
    visible_text: text that no style, attribute or element hides, one block a line; links and forms likewise.
    """
    if not response.is_html:
        return Reading("", response.body)
    page = LexborHTMLParser(response.body)
    heading, body = page.css_first("title"), page.body
    title = heading.text(strip=True) if heading else ""
    if body is None:
        return Reading(title, response.body if channel == "raw_html" else "")
    is_careful = channel == "visible_text"
    walk = _Walk(is_careful=is_careful, hidden_by=_hidden_by(page) if is_careful else frozenset())
    walk.into(body)
    if channel == "raw_html":
        text = response.body
    elif channel == "lexbor_text":
        text = _lines(body.text(separator="\n", strip=True))
    else:
        text = _lines("".join(walk.text))
    return Reading(title, text, tuple(walk.links), tuple(walk.forms))


def _hidden_by(page: LexborHTMLParser) -> frozenset[str]:
    return hiding_selectors(" ".join(style.text() for style in page.css("style")))


def _lines(text: str) -> str:
    """The lines that are not blank, each with single spaces."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


class _Walk:
    """One pass over a page's elements, in document order, past those that a careful visitor does not see."""

    def __init__(self, *, is_careful: bool, hidden_by: frozenset[str]) -> None:
        self.text: list[str] = []
        self.links: list[Link] = []
        self.forms: list[Form] = []
        self._is_careful = is_careful
        self._hidden_by = hidden_by
        self._fields: list[Field] = []
        self._button = ""

    def into(self, parent: LexborNode) -> None:
        """Go through all that is in `parent`."""
        node = parent.child
        while node is not None:
            if node.is_text_node:
                self.text.append(" ".join((node.text_content or "").splitlines()))
            elif node.is_element_node:
                self._element(node)
            node = node.next

    def _element(self, node: LexborNode) -> None:
        tag, attributes = node.tag or "", node.attributes
        if self._is_careful and hides(tag, attributes, self._hidden_by):
            return
        line = "\n" if tag in BLOCKS else ""
        self.text.append(line)
        start = len(self.text)
        self.into(node)
        if tag == "a" and attributes.get("href") is not None:
            self._link(str(attributes["href"]), self._text_since(start))
        elif tag in ("input", "textarea", "select"):
            self._field(attributes)
        elif tag == "button":
            self._button = self._text_since(start)
        elif tag == "form":
            self._form(attributes)
        self.text.append(line)

    def _text_since(self, start: int) -> str:
        return " ".join("".join(self.text[start:]).split())

    def _link(self, href: str, text: str) -> None:
        self.links.append(Link(f"L{len(self.links) + 1}", text, href))

    def _field(self, attributes: dict[str, str | None]) -> None:
        if name := attributes.get("name"):
            is_hidden = attributes.get("type") == "hidden"
            ref = f"F{len(self.forms) + 1}.{name}"
            self._fields.append(Field(ref, name, attributes.get("value") or "", is_hidden))

    def _form(self, attributes: dict[str, str | None]) -> None:
        method: Method = "POST" if (attributes.get("method") or "").lower() == "post" else "GET"
        action = attributes.get("action") or ""
        ref = f"F{len(self.forms) + 1}"
        self.forms.append(Form(ref, action, method, self._button, tuple(self._fields)))
        self._fields, self._button = [], ""
