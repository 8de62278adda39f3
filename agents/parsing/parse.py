"""A reply → the one answer it gives, with its place, or a status and a sentence that say why there is none.

In order: the reply that is just the answer; reasoning blanked out; JSON objects; a refusal; words. Where two
readings differ, or one is taken back, there is no answer: an invalid reply is asked for again, while a wrong
one becomes behavior.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from agents.parsing.acts import FORM, ActReading, stated_act
from agents.parsing.agreed import agreed_answer
from agents.parsing.cues import LATEX
from agents.parsing.fields import field_lines
from agents.parsing.message import bare_message, tries_json
from agents.parsing.objects import KEY, Reading
from agents.parsing.plain import TRIMMED, exact_value
from agents.parsing.prose import Statement, stated_answer
from agents.parsing.reasoning import without_reasoning
from agents.parsing.refusal import declines
from agents.parsing.scan import Scan, scan_objects
from agents.parsing.shown import NO_LABELS, meant, shown_space
from lab.core.menu import Menu
from lab.core.records import VALID, Status
from lab.core.spaces import Choice, Form, Message, Quantity, Space, SpaceMismatch

_AROUND_ACT = re.compile(r'(?:ACT:)?[ \t]*…|\{\s*"answer"\s*:\s*(?:"(?:ACT: ?)?…"|…)\s*\}')
"""What may stand around an action in a reply that is just that."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reply says.

    Attributes:
        status: ``ok`` for a reply that is just the answer, ``repaired`` where it had to be found,
            ``refused`` or ``invalid``.
        value: a plain value of the space, None unless the status is valid.
        spans: where in the reply each value stands, as (start, end): under ``answer``, or by field of a form.
        problem: why there is no value, in a sentence that the agent can act on.
    """

    status: Status
    value: Any = None
    spans: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    problem: str | None = None


def parse_reply(text: str, space: Space, labels: Mapping[str, str] = NO_LABELS) -> Parsed:
    """The answer in a reply; any text will do, in time linear in its length, and nothing in it is evaluated.

    Args:
        text: the reply.
        space: what may be answered.
        labels: option to the name it was shown under.

    Raises:
        RuleError: when two options are shown under one name.
    """
    shown = shown_space(space, labels)
    parsed = _parsed(text, shown)
    if parsed.status not in VALID:
        return parsed
    try:
        value = shown.value_of(shown.read(parsed.value))
    except SpaceMismatch as problem:
        return _invalid(str(problem))
    return replace(parsed, value=meant(value, space, labels))


def _parsed(text: str, space: Space) -> Parsed:
    """The reply as read in the shown space; its value may still be out of range."""
    core = text.strip(TRIMMED)
    if not core.strip():
        return _invalid("the reply was empty")
    if isinstance(space, Menu):
        return _from_menu(text, space)
    exact = exact_value(core, space)
    if exact is not None:
        start = len(text) - len(text.lstrip(TRIMMED))
        return Parsed(Status.OK, exact, {KEY: (start, start + len(core))})
    scan = scan_objects(text)
    if _is_one_object(text, scan):
        return _from_objects(text, scan, space, alone=True) or _from_words(text, scan, space)
    body = without_reasoning(text)
    if body is None:
        return _invalid("the reply ended inside its reasoning, before an answer")
    if not body.strip(TRIMMED).strip():
        return _invalid("the reply holds no answer outside its reasoning")
    scan = scan if body == text else scan_objects(body)
    return _from_objects(body, scan, space, alone=False) or _from_words(body, scan, space)


def _from_menu(text: str, menu: Menu) -> Parsed:
    body = without_reasoning(text)
    if body is None:
        return _invalid("the reply ended inside its reasoning, before an action")
    act = stated_act(body, menu)
    if isinstance(act, ActReading):
        start, end = act.span
        alone = _AROUND_ACT.fullmatch(f"{body[:start].lstrip()}…{body[end:].rstrip()}")
        return Parsed(Status.OK if alone and act.exact else Status.REPAIRED, act.value, act.spans)
    if act is None and declines(body):
        return Parsed(Status.REFUSED, problem="the reply declined to answer")
    return _invalid(act or f"the reply holds no line {FORM}")


def _is_one_object(text: str, scan: Scan) -> bool:
    return len(scan.objects) == 1 and text.strip() == text[scan.objects[0].start : scan.objects[0].end]


def _from_objects(text: str, scan: Scan, space: Space, *, alone: bool) -> Parsed | None:
    """The answer that JSON gives, or what is wrong with it; None when no JSON tries to answer."""
    if scan.cut and (not isinstance(space, Message) or tries_json(text)):
        return _invalid("the reply was cut before its JSON object ended")
    answer = agreed_answer(text, scan.objects, space)
    if isinstance(answer, Reading):
        status = Status.OK if alone and answer.exact else Status.REPAIRED
        return Parsed(status, answer.value, answer.spans)
    if answer is None or declines(text):
        return None
    return _invalid(answer)


def _from_words(text: str, scan: Scan, space: Space) -> Parsed:
    """The answer of a reply without JSON that answers."""
    if declines(text):
        return Parsed(Status.REFUSED, problem="the reply declined to answer")
    if isinstance(space, Message):
        place = bare_message(text)
        if isinstance(place, str):
            return _invalid(place)
        return Parsed(Status.REPAIRED, text[slice(*place)], {KEY: place})
    if "{" in re.sub(LATEX, "", text):
        seen = "holds no answer" if scan.objects else "cannot be read"
        return _invalid(f"the JSON object in the reply {seen}")
    if isinstance(space, Form):
        return _from_fields(text, space)
    assert isinstance(space, Choice | Quantity), "menus were read above"
    stated = stated_answer(text, space)
    if isinstance(stated, Statement):
        return Parsed(Status.REPAIRED, stated.value, {KEY: (stated.start, stated.end)})
    return _invalid(stated)


def _from_fields(text: str, form: Form) -> Parsed:
    read = field_lines(text, form)
    if read is None:
        return _invalid("the reply holds no JSON object with the fields " + ", ".join(form.fields))
    values = {name: value for name, (value, _, _) in read.items()}
    return Parsed(Status.REPAIRED, values, {name: (start, end) for name, (_, start, end) in read.items()})


def _invalid(problem: str) -> Parsed:
    return Parsed(Status.INVALID, problem=problem)
