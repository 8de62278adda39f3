"""Where the tokens of a transcript stand in rows of equally wide letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lab.reporting.letters import UNSEEN, legible

_EMPTY = "∅"
_SHOWN = {"\n": "↵", "\t": "⇥", " ": "\u00a0"}


class Piece(NamedTuple):
    """A token, or the part of it that fits a row.

    Attributes:
        token: number of the token, from 0.
        row: from 0.
        start: letters before it in its row.
        end: letters up to its end.
        text: what is drawn.
        first: whether it begins its token.
    """

    token: int
    row: int
    start: int
    end: int
    text: str
    first: bool


def laid_out(texts: Sequence[str], *, columns: int) -> Iterator[Piece]:
    """The pieces of all tokens in order.

    A line break ends its row; a token that does not fit the rest of a row begins the next one, and is cut
    only when it is longer than a whole row.
    """
    row = start = 0
    for token, text in enumerate(texts):
        if start and start + _width(visible(text)) > columns:
            row, start = row + 1, 0
        first = True
        for part in _parts(text, columns):
            if start and start + _width(part) > columns:
                row, start = row + 1, 0
            end = start + _width(part)
            yield Piece(token, row, start, end, part, first)
            row, start = (row + 1, 0) if part.endswith(_SHOWN["\n"]) else (row, end)
            first = False


def visible(text: str) -> str:
    """`text` with every letter visible that is none, or that would change its surroundings.

    Spaces become unbreakable, line breaks and tabs arrows; what is not `legible` becomes U+FFFD.
    """
    return "".join(map(_visible, legible(text))) or _EMPTY


def _visible(letter: str) -> str:
    return _SHOWN.get(letter) or (UNSEEN if letter.isspace() else letter)


def _parts(text: str, columns: int) -> Iterator[str]:
    """The visible text, cut behind line breaks and wherever a row is full."""
    part = ""
    for letter in visible(text):
        if part and _width(part + letter) > columns:
            yield part
            part = ""
        part += letter
        if letter == _SHOWN["\n"]:
            yield part
            part = ""
    if part:
        yield part


def _width(text: str) -> int:
    """How many columns `text` takes: two for wide letters, none for what is set on the one before."""
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
