"""PDDL text as nested groups of words that know where they stand; errors that say so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from lab.core.errors import UsageError

MAX_CHARS = 1_000_000
"""The longest text that is read."""

MAX_DEPTH = 100
"""The deepest nesting that is read."""

_TOKEN = re.compile(r";[^\n]*|[()]|[^\s();]+")
_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]*")


class PddlError(UsageError):
    """A PDDL text is wrong, or uses what this planner does not; says where, what and what would be right.

    Attributes:
        file: the name of the text.
        line: from 1.
        column: from 1.
        message: without the place.
    """

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        self.file = file
        self.line = line
        self.column = column
        self.message = message
        super().__init__(f"{file}:{line}:{column}: {message}")


class Word(NamedTuple):
    """One word in lower case, and where it begins in its text."""

    text: str
    offset: int


class Group(NamedTuple):
    """What stands between two parentheses, and where the first is in its text."""

    items: tuple[Node, ...]
    offset: int

    @property
    def head(self) -> str:
        """The first item if it is a word, else an empty string."""
        return self.items[0].text if self.items and isinstance(self.items[0], Word) else ""


Node = Word | Group


@dataclass(frozen=True, slots=True)
class Source:
    """A text and its name.

    Attributes:
        file: the name, for errors.
        text: all of it.
    """

    file: str
    text: str

    def error(self, at: Node | int, message: str) -> PddlError:
        """An error about a node, or about the place of an offset."""
        offset = at if isinstance(at, int) else at.offset
        line = self.text.count("\n", 0, offset) + 1
        column = offset - self.text.rfind("\n", 0, offset)
        return PddlError(self.file, line, column, message)

    def word(self, node: Node, what: str) -> str:
        """The text of a node that must be a word; `what` says which, as in ``a type``."""
        if isinstance(node, Word):
            return node.text
        raise self.error(node, f"expected {what}, found a parenthesis")

    def name(self, node: Node, what: str) -> str:
        """The text of a node that must be a name: letters, digits, ``-`` and ``_``."""
        text = self.word(node, what)
        if not _NAME.fullmatch(text):
            raise self.error(
                node, f"expected {what}, found '{text}'; names have letters, digits, '-' and '_'"
            )
        return text

    def group(self, node: Node, what: str) -> Group:
        """A node that must be a group; `what` says which, as in ``a list of parameters``."""
        if isinstance(node, Group):
            return node
        raise self.error(node, f"expected {what} in parentheses, found '{node.text}'")


def read(source: Source) -> Group:
    """The one group that a text is.

    Raises:
        PddlError: parentheses do not match, something stands outside them, the text is too long or too deep.
    """
    if len(source.text) > MAX_CHARS:
        raise source.error(0, f"the text has {len(source.text):,} characters; at most {MAX_CHARS:,} are read")
    top: list[Node] = []
    stack: list[tuple[int, list[Node]]] = []
    items = top
    for match in _TOKEN.finditer(source.text):
        piece, offset = match[0], match.start()
        if piece == "(":
            if len(stack) == MAX_DEPTH:
                raise source.error(offset, f"parentheses are nested more than {MAX_DEPTH} deep")
            items = []
            stack.append((offset, items))
        elif piece == ")":
            if not stack:
                raise source.error(offset, "this ')' closes nothing")
            begun, inner = stack.pop()
            items = stack[-1][1] if stack else top
            items.append(Group(tuple(inner), begun))
        elif piece[0] != ";":
            items.append(Word(piece.lower(), offset))
    if stack:
        raise source.error(
            stack[-1][0], f"this '(' is never closed ({len(stack)} open at the end of the text)"
        )
    return _only(source, top)


def _only(source: Source, top: list[Node]) -> Group:
    if not top:
        raise source.error(0, "the text is empty; expected (define ...)")
    first = source.group(top[0], "(define ...)")
    if len(top) > 1:
        raise source.error(top[1], "expected the end of the text after (define ...)")
    return first
