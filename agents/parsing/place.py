"""Where a reply says its action, and from which character on a legal reply could have said another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from agents.parsing.objects import KEY
from agents.parsing.parse import Parsed
from agents.parsing.plain import WRAPPING
from agents.parsing.scan import Node, scan_objects
from agents.parsing.shown import NO_LABELS, shown_space
from lab.core.captures import ActionPlace
from lab.core.menu import ACTION, Menu
from lab.core.records import VALID
from lab.core.spaces import Choice, Form, Quantity, Space

Chars = tuple[int, int]

_NUMBER = re.compile(r"[-−+]?(?:[0-9][0-9.]*)?[0-9](?:[eE][+-]?[0-9]+)?")
_NAMES = (ACTION, "name")
"""The members of an object that name an action."""


def place_of(
    text: str, parsed: Parsed, space: Space, labels: Mapping[str, str] = NO_LABELS
) -> ActionPlace | None:
    """The characters of the action in a reply, and the first at which the legal actions differ.

    They differ behind the longest beginning that all legal ways to say the action there have in common. Of a
    form or the arguments of a menu's only action that is so in the first field, as the reply has them, that
    leaves a choice.

    Args:
        text: the reply.
        parsed: its reading.
        space: what could be answered.
        labels: option to the name it was shown under.

    Returns:
        None where the reply states no action.
    """
    if parsed.status not in VALID or not parsed.spans:
        return None
    shown = shown_space(space, labels)
    if isinstance(shown, Form):
        return _in_fields(text, parsed.spans, shown.fields)
    if isinstance(shown, Menu):
        return _in_call(text, parsed, shown)
    return _of_value(text, parsed.spans[KEY], shown)


def _of_value(text: str, chars: Chars, space: Space) -> ActionPlace:
    start, end = chars
    if isinstance(space, Form):
        return _in_object(text, chars, space)
    if isinstance(space, Choice):
        return _of_option(text, chars, space)
    if isinstance(space, Quantity):
        number = _NUMBER.search(text, start, end)
        at = number.start() if number else start
        return ActionPlace(at, number.end() if number else end, at if space.low < space.high else None)
    return ActionPlace(start, end, None)


def _of_option(text: str, chars: Chars, space: Choice) -> ActionPlace:
    """An option, whatever quotes or markdown stand around it."""
    start, end = chars
    folded = text[start:end].casefold()
    core = text[start:end].strip(WRAPPING).casefold()
    written = max((one for one in space.options if core.endswith(one.casefold())), key=len, default=None)
    if written is not None and len(folded) == end - start:
        start += folded.rindex(written.casefold())
        end = start + len(written)
    if len(space.options) == 1:
        return ActionPlace(start, end, None)
    common = common_beginning([option.casefold() for option in space.options])
    behind = start + len(common) if text[start:end].casefold().startswith(common) else start
    return ActionPlace(start, end, behind, space.options if behind > start else ())


def _in_fields(text: str, spans: Mapping[str, Chars], fields: Mapping[str, Space]) -> ActionPlace:
    """The field that separates, else the first."""
    standing = sorted((name for name in fields if name in spans), key=lambda name: spans[name])
    places = [_of_value(text, spans[name], fields[name]) for name in standing]
    return next((place for place in places if place.separates is not None), places[0])


def _in_object(text: str, chars: Chars, form: Form) -> ActionPlace:
    """A form inside a form: its fields are found anew."""
    for node in scan_objects(text[slice(*chars)]).objects:
        members = {name.casefold(): _moved(one, chars[0]) for name, one in node.value.items()}
        spans = {name: members[name.casefold()] for name in form.fields if name.casefold() in members}
        if spans:
            return _in_fields(text, spans, form.fields)
    return ActionPlace(*chars, None)


def _in_call(text: str, parsed: Parsed, menu: Menu) -> ActionPlace:
    """A call: from the name on, or, where there is but one name, the argument that separates."""
    start, end = parsed.spans[KEY]
    name = str(parsed.value[ACTION])
    if len(menu.actions) == 1:
        fields = {field: one for field, one in menu.actions[name].items() if field in parsed.spans}
        return _in_fields(text, parsed.spans, fields) if fields else ActionPlace(start, end, None)
    at = next(_names(text, (start, end), name), start)
    common = common_beginning([*menu.actions])
    return ActionPlace(at, end, at + len(common), tuple(menu.actions) if common else ())


def _names(text: str, chars: Chars, name: str) -> Iterator[int]:
    """Where the name of the action may stand: in a member that names it, or anywhere."""
    for node in scan_objects(text[slice(*chars)]).objects:
        yield from (chars[0] + node.value[key].start for key in _NAMES if key in node.value)
    pattern = re.escape(name).replace("_", "[-_]").replace(r"\-", "[-_]")
    found = re.compile(pattern, re.IGNORECASE).search(text, *chars)
    if found is not None:
        yield found.start()


def common_beginning(texts: Sequence[str]) -> str:
    """The longest text with which all of them begin."""
    first, last = min(texts), max(texts)  # what these share, all between them do
    common = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:common]


def _moved(node: Node, by: int) -> Chars:
    return by + node.start, by + node.end
