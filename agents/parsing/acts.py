"""A reply to a `Menu`: one line ``ACT: name(argument, …)``, a bare call alone, or the same as JSON.

The grammar is strict: an argument too many or too few is an error, never cut off or filled in. Two lines that
differ are no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.parsing.objects import BELIEFS, KEY, REMARKS, plain
from agents.parsing.plain import near_value
from agents.parsing.scan import Node, scan_objects
from lab.core.menu import ACTION, Menu
from lab.core.spaces import Choice, Message, Quantity, Space, SpaceMismatch

FORM = "ACT: name(argument, …)"
TWO_ACTS = "the reply holds two different actions; give one"

_ACT = re.compile(r"^[ \t>*_`#-]*ACT[ \t]*[*_`]*:[*_`]*[ \t]*(?P<call>\S.*)$", re.MULTILINE | re.IGNORECASE)
_CALL = re.compile(
    r"(?P<name>[A-Za-z][\w-]*)[ \t]*(?:\((?P<inside>[^\n]*)\))?(?P<rest>[\s.;!*_`]*)", re.ASCII
)
_QUOTED = re.compile(r"""\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)')\s*""")
_ESCAPED = re.compile(r"\\(.)")
_LABEL = re.compile(r"\s*ACT:\s*", re.IGNORECASE)
_ALIASES = ("arguments", "args", "parameters", "input")


@dataclass(frozen=True, slots=True)
class ActReading:
    """What a call says.

    Attributes:
        value: the plain value, legal in the menu.
        span: where the whole call stands.
        spans: the same under ``answer``, and where each argument stands under its name, which comes first.
        exact: whether every part is written as asked.
    """

    value: dict[str, Any]
    span: tuple[int, int]
    spans: Mapping[str, tuple[int, int]]
    exact: bool


@dataclass(frozen=True, slots=True)
class _Argument:
    text: str
    start: int
    end: int
    is_quoted: bool


def stated_act(text: str, menu: Menu) -> ActReading | str | None:
    """The action of a reply, why it cannot be taken, or None when nothing in it tries to be one.

    Lines that begin with ``ACT:`` are read first; without one, a reply that is nothing but a call or JSON.
    """
    lines = [(line["call"], line.start("call")) for line in _ACT.finditer(text)]
    if not lines and (alone := text.strip()) and "\n" not in alone and not alone.startswith("{"):
        lines = [(alone, text.index(alone))] if _names_an_action(alone, menu) else []
    if lines:
        return _agreed([_from_call(call, at, menu) for call, at in lines])
    tried = [answer for node in scan_objects(text).objects for answer in _from_object(node, menu)]
    return _agreed(tried) if tried else None


def _agreed(found: Sequence[ActReading | str]) -> ActReading | str:
    """The one action that all of them name; else the last problem."""
    read = [one for one in found if isinstance(one, ActReading)]
    if not read or isinstance(found[-1], str):
        return next(one for one in reversed(found) if isinstance(one, str))
    return read[-1] if all(one.value == read[0].value for one in read) else TWO_ACTS


def _names_an_action(text: str, menu: Menu) -> bool:
    call = _CALL.fullmatch(text)
    return call is not None and (call["inside"] is not None or _action(call["name"], menu) is not None)


def _from_call(call: str, at: int, menu: Menu) -> ActReading | str:
    found = _CALL.fullmatch(call)
    if found is None:
        return f"'{_brief(call)}' is not of the form {FORM}"
    name = _action(found["name"], menu)
    if name is None:
        return _problem({ACTION: found["name"]}, menu)
    fields = menu.actions[name]
    inside = found["inside"] or ""
    arguments = _arguments(inside, at + max(found.start("inside"), 0), fields)
    if len(arguments) != len(fields):
        needs = f"{len(fields)} argument{'s' if len(fields) != 1 else ''}"
        return f"{name} takes {needs}, not {len(arguments)}: {menu.usage(name)}"
    if not all(one.is_quoted or _is_balanced(one.text) for one in arguments):
        return f"'{_brief(call)}' is not one call of the form {FORM}; a text with a lone bracket needs quotes"
    end = at + len(call) - len(found["rest"])
    return _read(menu, name, arguments, (at, end), exact=name == found["name"])


def _action(name: str, menu: Menu) -> str | None:
    """The action that a name stands for; another case, or `_` for `-`, is let be."""
    if name in menu.actions:
        return name
    folded = [one for one in menu.actions if _folded(one) == _folded(name)]
    return folded[0] if len(folded) == 1 else None


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_")


def _arguments(inside: str, at: int, fields: Mapping[str, Space]) -> list[_Argument]:
    """The arguments between the parentheses; a lone text may hold commas without quotes."""
    if not inside.strip():
        return [_Argument("", at, at, is_quoted=False)] if _is_lone_text(fields) else []
    whole = _QUOTED.fullmatch(inside)
    if _is_lone_text(fields) and not whole:
        return [_argument(inside, at)]
    return [_argument(part, at + start) for start, part in _parts(inside)]


def _is_lone_text(fields: Mapping[str, Space]) -> bool:
    return len(fields) == 1 and isinstance(next(iter(fields.values())), Message)


def _parts(inside: str) -> Iterator[tuple[int, str]]:
    """The pieces between commas outside quotes, with where they begin."""
    start = place = 0
    is_blank = True  # from `start` on; quotes count nowhere else, which keeps the time linear
    while place < len(inside):
        char = inside[place]
        quoted = _QUOTED.match(inside, place) if is_blank and char in "\"'" else None
        if char == ",":
            yield start, inside[start:place]
            start, is_blank = place + 1, True
        else:
            is_blank = is_blank and char.isspace()
        place = quoted.end() if quoted else place + 1
    yield start, inside[start:]


def _is_balanced(text: str) -> bool:
    """Whether every bracket has its other half; where not, the parentheses held more than one call."""
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            return False
    return depth == 0


def _argument(part: str, at: int) -> _Argument:
    quoted = _QUOTED.fullmatch(part)
    if quoted:
        kind = "double" if quoted["double"] is not None else "single"
        start, end = quoted.span(kind)
        return _Argument(_unquoted(quoted[kind]), at + start, at + end, is_quoted=True)
    text = part.strip()
    start = at + len(part) - len(part.lstrip())
    return _Argument(text, start, start + len(text), is_quoted=False)


def _unquoted(text: str) -> str:
    """A text between quotes, its escapes as in JSON; one that JSON does not know stands for itself."""
    try:
        plain = json.loads(f'"{text}"', strict=False)
    except ValueError:
        return _ESCAPED.sub(r"\1", text)
    return str(plain)


def _read(
    menu: Menu, name: str, arguments: Sequence[_Argument], span: tuple[int, int], *, exact: bool
) -> ActReading | str:
    value: dict[str, Any] = {ACTION: name}
    spans = {KEY: span}
    for (field, space), argument in zip(menu.actions[name].items(), arguments, strict=True):
        bare = _without_name(argument, field)
        value[field], as_asked = _meant(bare.text, space)
        exact = exact and as_asked and bare is argument
        spans[field] = (bare.start, bare.end)
    try:
        return ActReading(menu.value_of(menu.read(value)), span, spans, exact)
    except SpaceMismatch as problem:
        return str(problem)


def _without_name(argument: _Argument, field: str) -> _Argument:
    """The argument behind ``field=``, where that is how it is written."""
    prefix = re.match(rf"{re.escape(field)}\s*[=:]\s*", argument.text)
    if argument.is_quoted or not prefix:
        return argument
    return _argument(argument.text[prefix.end() :], argument.start + prefix.end())


def _meant(text: str, space: Space) -> tuple[Any, bool]:
    """What an argument stands for, and whether it is written as asked; unreadable text stays as it is."""
    if isinstance(space, Choice) and text in space.options:
        return text, True
    if isinstance(space, Choice | Quantity):
        near = near_value(text, space)
        return (text if near is None else near), isinstance(space, Quantity) and str(near) == text
    return text, True


def _from_object(node: Node, menu: Menu) -> Iterator[ActReading | str]:
    """The actions that an object names: itself, under ``answer``, or as a call of a tool."""
    members: Mapping[str, Node] = node.value
    inner = members.get(KEY)
    if ACTION in members:  # first, for an argument too may be called `answer`
        yield _from_members(node, {key: one for key, one in members.items() if key != ACTION}, ACTION, menu)
    elif inner is not None and isinstance(inner.value, dict):
        yield from _from_object(inner, menu)
    elif inner is not None and isinstance(inner.value, str):
        yield _from_text(inner, menu)
    elif "name" in members and (key := next((one for one in _ALIASES if one in members), None)):
        arguments = members[key].value
        yield _from_members(node, arguments if isinstance(arguments, dict) else {}, "name", menu)


def _from_text(node: Node, menu: Menu) -> ActReading | str:
    """The call in a text of JSON, with or without ``ACT:``."""
    before = _LABEL.match(node.value)
    at = before.end() if before else 0
    act = _from_call(node.value[at:], node.start + at, menu)
    if isinstance(act, str) or len(node.value) == node.end - node.start:
        return act
    whole = (node.start, node.end)  # escapes moved the places inside
    return replace(act, span=whole, spans=dict.fromkeys(act.spans, whole))


def _from_members(node: Node, members: Mapping[str, Node], key: str, menu: Menu) -> ActReading | str:
    said = node.value[key].value
    name = _action(said, menu) if isinstance(said, str) else None
    if name is None:
        return _problem({ACTION: said}, menu)
    value: dict[str, Any] = {ACTION: name}
    exact = node.exact and name == said and key == ACTION
    remarks = {one for one in members if one.casefold() in REMARKS | BELIEFS} - menu.actions[name].keys()
    if remarks:
        exact, members = False, {field: one for field, one in members.items() if field not in remarks}
    for field, one in members.items():
        space = menu.actions[name].get(field)
        value[field] = plain(one)
        if isinstance(space, Choice | Quantity) and isinstance(one.value, str):
            value[field], as_asked = _meant(one.value, space)
            exact = exact and as_asked
    try:
        read = menu.value_of(menu.read(value))
    except SpaceMismatch as problem:
        return str(problem)
    spans = {field: (one.start, one.end) for field, one in members.items()}
    span = (node.start, node.end)
    return ActReading(read, span, {KEY: span, **spans}, exact)


def _problem(value: Mapping[str, Any], menu: Menu) -> str:
    try:
        menu.read(value)
    except SpaceMismatch as problem:
        return str(problem)
    return f"give one action as {FORM}"


def _brief(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"
