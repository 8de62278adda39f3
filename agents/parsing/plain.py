# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""An option or a number that is written alone: as a whole reply, as a text in JSON, or inside a sentence."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from lab.core.spaces import Choice, Quantity, Space

TRIMMED = " \t\r\n\f\v\u00a0\u200b\u2060\ufeff"
WRAPPING = TRIMMED + "\"'“”„‘’«»「」『』`*_()[]"
_SIGNIFICANT = 40
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}\.[0-9]{3}")
_KIND_OF_OPTION = re.compile(r"^(?:option|choice|action)[ :]+(?=\S)", re.IGNORECASE)


def exact_value(text: str, space: Space) -> Any:
    """The value whose one plain spelling is `text`: a shown option, or a number of JSON; else None.

    1.500 is none where it could as well be fifteen hundred.
    """
    if isinstance(space, Choice):
        return text if text in space.options else None
    if isinstance(space, Quantity) and len(text) <= _SIGNIFICANT and _JSON_NUMBER.fullmatch(text):
        number = int(text) if text.lstrip("-").isdecimal() else float(text)
        return None if _THOUSANDS.fullmatch(text) and 1000 * number <= space.high else number
    return None


def near_value(text: str, space: Space) -> Any:
    """The value meant by `text` with quotes, markdown, a final stop, another case or the unit around it.

    Returns:
        None when it is none, or when the space is no `Choice` and no `Quantity`.
    """
    core = text.strip(WRAPPING).rstrip(".!,;。！" + WRAPPING)
    if isinstance(space, Choice):
        names = folded_options(space)
        return names.get(core.casefold()) or names.get(_KIND_OF_OPTION.sub("", core, count=1).casefold())
    if isinstance(space, Quantity):
        number = re.fullmatch(rf"({NUMBER}){unit_pattern(space)}", core, re.IGNORECASE)
        return None if number is None else exact_value(number[1].replace("−", "-"), space)
    return None


@lru_cache(maxsize=256)
def folded_options(space: Choice) -> dict[str, str]:
    """Case-folded name to option, without the names that several options share."""
    folded = [option.casefold() for option in space.options]
    return {name: space.options[folded.index(name)] for name in folded if folded.count(name) == 1}


NUMBER = r"[-−]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
"""A number as all languages write it: no separator of thousands, no comma, no percent, no fraction."""


@lru_cache(maxsize=256)
def unit_pattern(space: Quantity) -> str:
    """A pattern of the unit after a number, singular or plural, or of nothing."""
    single = re.escape(space.unit.removesuffix("s"))
    return rf"(?:\s{{0,3}}(?:{single}s?))?" if space.unit else ""
