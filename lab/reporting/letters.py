"""Text as it can be shown: no letter that is not seen, or that changes how its neighbors are seen."""

from __future__ import annotations

import unicodedata

from lab.core.canonical import clean_text

UNSEEN = "\ufffd"
"""Stands for a letter that cannot be shown."""

_KEPT = frozenset("\n\t")


def legible(text: str) -> str:
    """`text` with control, format and private letters made U+FFFD; line breaks, tabs and spaces stay.

    Among the format letters are those that turn the direction of writing, with which a text can be made to
    look like another one.
    """
    return "".join(map(_legible, clean_text(text)))


def _legible(letter: str) -> str:
    return UNSEEN if unicodedata.category(letter)[0] == "C" and letter not in _KEPT else letter
