# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""The JSON objects in a text, in one pass: each value with its place, small mistakes forgiven and noted.

Forgiven is what leaves no doubt: other quotes, unquoted words, raw line breaks, comments, a last comma. All
else is unreadable, and the search goes on where reading stopped, so that its time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_DEPTH = 32
_MAX_DIGITS = 400

_SPACE = re.compile(r"(?:\s|//[^\n]*+)*+")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?(?![\w.+-])")
_WORD = re.compile(r"[^\W\d][\w-]*+")
_STRINGS = {
    '"': re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL),
    "'": re.compile(r"'((?:[^'\\]|\\.)*+)'", re.DOTALL),
    "“": re.compile(r"“((?:[^“”\\]|\\.)*+)[“”]", re.DOTALL),
    "‘": re.compile(r"‘((?:[^‘’\\]|\\.)*+)[‘’]", re.DOTALL),
}
_CONTROL = re.compile(r"[\x00-\x1f]")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "/": "/"}
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Node:
    """A value of JSON and where it stands.

    Attributes:
        value: text, number, True, False, None, or the nodes of a list or of an object.
        start, end: its characters in the text; the quotes of a text are left out.
        exact: whether all of it is JSON as the standard has it.
    """

    value: Any
    start: int
    end: int
    exact: bool


@dataclass(frozen=True, slots=True)
class Scan:
    """The objects of a text, in order; `cut` says that the text ends inside one more."""

    objects: tuple[Node, ...]
    cut: bool = False


def scan_objects(text: str) -> Scan:
    """The outermost objects in `text`, whatever stands between them."""
    objects: list[Node] = []
    place = text.find("{")
    while place >= 0:
        reader = _Reader(text, place)
        try:
            objects.append(reader.value(0))
        except _Unreadable:
            if reader.place >= len(text):
                return Scan(tuple(objects), cut=True)
        place = text.find("{", max(reader.place, place + 1))
    return Scan(tuple(objects))


class _Unreadable(Exception):
    """What stands at the reader's place fits no JSON; at the end of the text, the JSON was cut."""


class _Reader:
    """Reads one value from `place` on."""

    def __init__(self, text: str, place: int) -> None:
        self.text = text
        self.place = place
        self._mistakes = 0

    def value(self, depth: int) -> Node:
        """The value at `place`, which moves behind it; one that does not fit stays where reading stopped."""
        char, before = self._next(), self._mistakes
        start = self.place
        inside: Any
        if char in "{[":
            if depth == MAX_DEPTH:
                raise _Unreadable
            inside = self._members(depth) if char == "{" else self._items(depth)
            return Node(inside, start, self.place, self._mistakes == before)
        if char in _STRINGS:
            inside = self._string(_STRINGS[char])
            return Node(inside, start + 1, self.place - 1, self._mistakes == before)
        inside = self._number() if char == "-" or char.isdecimal() else self._word()
        return Node(inside, start, self.place, self._mistakes == before)

    def _members(self, depth: int) -> dict[str, Node]:
        members: dict[str, Node] = {}

        def member() -> None:
            key = self._string(_STRINGS[char]) if (char := self._next()) in _STRINGS else self._key()
            if key in members:
                raise _Unreadable
            self._expect(":")
            members[key] = self.value(depth + 1)

        self._listed(member, "}")
        return members

    def _items(self, depth: int) -> list[Node]:
        items: list[Node] = []
        self._listed(lambda: items.append(self.value(depth + 1)), "]")
        return items

    def _listed(self, take: Callable[[], None], close: str) -> None:
        """Take what stands between an opening and its closing sign, separated by commas."""
        self.place += 1
        while self._next() != close:
            take()
            if self._next() == close:
                break
            self._expect(",")
            if self._next() == close:
                self._mistakes += 1
        self.place += 1

    def _next(self) -> str:
        """The next character that is no space."""
        gap = _SPACE.match(self.text, self.place)
        assert gap is not None, "the pattern matches the empty text"
        self._mistakes += bool(gap[0].strip(" \t\r\n"))
        self.place = gap.end()
        if self.place == len(self.text):
            raise _Unreadable
        return self.text[self.place]

    def _expect(self, char: str) -> None:
        if self._next() != char:
            raise _Unreadable
        self.place += 1

    def _string(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.place)
        if found is None:
            self.place = len(self.text)
            raise _Unreadable
        self.place = found.end()
        self._mistakes += found[0][0] != '"' or _CONTROL.search(found[1]) is not None
        return joined_surrogates(_ESCAPE.sub(self._unescaped, found[1]))

    def _unescaped(self, escape: re.Match[str]) -> str:
        if escape[1]:
            return chr(int(escape[1], 16))
        self._mistakes += escape[2] not in _ESCAPED
        return _ESCAPED.get(escape[2], escape[2])

    def _number(self) -> int | float:
        digits = self._match(_NUMBER)
        whole = digits.lstrip("-").isdecimal() and len(digits) <= _MAX_DIGITS
        return int(digits) if whole else float(digits)

    def _word(self) -> str | bool | None:
        word = self._match(_WORD)
        self._mistakes += word not in _WORDS
        return _WORDS.get(word, word)

    def _key(self) -> str:
        self._mistakes += 1
        return self._match(_WORD)

    def _match(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.place)
        if found is None:
            raise _Unreadable
        self.place = found.end()
        return found[0]


def joined_surrogates(text: str) -> str:
    """`text` with every pair of surrogates, as JSON escapes write a rare character, made that character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    return text
