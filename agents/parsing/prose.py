"""The one answer that sentences state, or why they state none.

A sentence is an answer only where it fits a narrow form from its first word on ("I choose X because …",
"Final answer: X", "I will X.", X alone on the first or last line). A word merely mentioned is never one.
What comes after the answer must not name another, nor take it back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from agents.parsing.context import is_own
from agents.parsing.cues import (
    ALTERNATIVE,
    ASKS,
    BUT,
    COLONS,
    CONTRAST,
    DOUBT,
    ENDS,
    NEGATION,
    OTHERS,
    RETRACTION,
    SPEECH,
    TURN,
    without_fences,
)
from agents.parsing.grammar import grammar_of
from agents.parsing.plain import WRAPPING, exact_value, near_value
from lab.core.spaces import Choice, Quantity

MAX_CHARS = 20_000
"""Longer replies are not searched for sentences."""

TWO_ANSWERS = "the reply gives two different answers"
TAKEN_BACK = "the reply takes its answer back"

_BEFORE = 200
_BECAUSE = re.compile(r"\b(?:because|since)\b", re.IGNORECASE)
_REST = re.compile(
    r"""(?<!\s)(?: \s++(?:out\s++)?of\s++(?:(?:my|the|our)\s++)?[0-9]++
      | (?:,|\s++and)\s++(?:I\s++)?keep(?:ing)?\s++(?:the\s++(?:rest|other|remaining)\s*+)?[0-9]*+
    )(?:\s++\w++)?(?:\s++for\s++myself)?(?=\W*+$)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What an amount was taken from, or what is left of it."""

_TAG_END = re.compile(r"</\w{1,20}>\s*+$")
_NOTHING_MORE = re.compile(r"[^\w%‰°/€$£¥+]*+")
_REASON = (
    r"because|since|this\s++(?:round|time|turn)|again|now|as|so|given|due|considering|hoping|which|they|we|it"
    r"|this|that|the|to|please|for\s++(?:this|now|mutual|both)"
)
_AFTER_BREAK = rf"(?:[,(—–]|-\s)\s*+(?:{_REASON})\b"
_AFTER_VERB = r"because|since|this\s++(?:round|time|turn)|again|now"
_AFTER_NAME = rf"{_AFTER_VERB}|as|to|so|in|here|given|due|for\s++(?:this|now|mutual|both)"
_MAY_FOLLOW_VERB = re.compile(rf"\s*+(?:{_AFTER_BREAK}|(?:{_AFTER_VERB})\b)", re.IGNORECASE)
_MAY_FOLLOW = re.compile(rf"\s*+(?:{_AFTER_BREAK}|(?:{_AFTER_NAME})\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer stated in words: its value, its place, and where its sentence stops."""

    value: Any
    start: int
    end: int
    stop: int


def stated_answer(text: str, space: Choice | Quantity) -> Statement | str:
    """The answer that `text` states, or the reason why it states none."""
    if len(text) > MAX_CHARS:
        return "the reply is no JSON object, and too long to look for an answer in it"
    found = _whole(text, space) or statements(text, space)
    if not found:
        return "the reply states no clear answer"
    if len({one.value for one in found}) > 1:
        return TWO_ANSWERS
    last = max(found, key=lambda one: one.stop)
    after = text[last.stop :]
    if RETRACTION.search(after) or ALTERNATIVE.match(after) or TURN.search(after):
        return TAKEN_BACK
    if any(_value(name[0], space) != last.value for name in grammar_of(space).mention.finditer(after)):
        return "the reply names another answer after its own"
    return last


def statements(text: str, space: Choice | Quantity) -> list[Statement]:
    """Every answer that a sentence, a line or a tag of `text` states; none in a text beyond `MAX_CHARS`."""
    if len(text) > MAX_CHARS:
        return []
    text = without_fences(text)
    return [*_sentences(text, space), *_lines(text, space), *_tags(text, space)]


def _whole(text: str, space: Choice | Quantity) -> list[Statement]:
    """The answer that is all there is, in any case and any wrapping."""
    value = near_value(text, space)
    core = text.strip(WRAPPING)
    start = text.find(core)
    return [] if value is None else [Statement(value, start, start + len(core), len(text))]


def _sentences(text: str, space: Choice | Quantity) -> Iterator[Statement]:
    for start in (0, *(end.end() for end in ENDS.finditer(text))):
        found = grammar_of(space).sentence.match(text, start)
        if (
            found
            and not (DOUBT.search(found["opener"]) or SPEECH.search(found["opener"]))
            and not _announced(text[max(0, start - _BEFORE) : start])
        ):
            end = ENDS.search(text, found.end())
            tail = text[found.end() : end.start() if end else len(text)]
            asks = end is not None and any(sign in end[0] for sign in ASKS)
            if not asks and _leaves_it(tail, found, space):
                yield _statement(found, space, end.end() if end else len(text))


def _announced(before: str) -> bool:
    """Whether the line before announces what follows, as the words of someone else would be."""
    return before.endswith("\n") and before.rstrip(" \t\n*_").endswith(COLONS)


def _leaves_it(tail: str, found: re.Match[str], space: Choice | Quantity) -> bool:
    """Whether what follows the answer in its sentence leaves it as it is."""
    tail = _TAG_END.sub("", tail)
    if isinstance(space, Quantity):
        tail = _REST.sub("", tail, count=1)
    if _NOTHING_MORE.fullmatch(tail):
        return True
    may_follow = _MAY_FOLLOW_VERB if found["verb"] else _MAY_FOLLOW
    mention = grammar_of(space).mention
    before_reason = _BECAUSE.split(tail, maxsplit=1)[0]
    return bool(
        may_follow.match(tail)
        and not any(words.search(tail) for words in (BUT, SPEECH, RETRACTION))
        and not any(words.search(before_reason) for words in (CONTRAST, DOUBT, NEGATION, mention))
    )


def _lines(text: str, space: Choice | Quantity) -> Iterator[Statement]:
    """The first sentence and the last line, where they are just an answer that nothing asks or announces."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    first = ENDS.search(text, start)
    places = {(start, first.end() if first else end), (text.rfind("\n", 0, end) + 1, end)}
    found = [line for place in sorted(places) if (line := grammar_of(space).line.fullmatch(text, *place))]
    if all(_stands_alone(text, line) for line in found):
        yield from (_statement(line, space, line.end()) for line in found)


def _stands_alone(text: str, line: re.Match[str]) -> bool:
    """Whether the lines around an answer do not ask for it, announce it as another's, or go on from it.

    A letter or a number with more text on its line may be the mark of a list.
    """
    before = text[max(0, line.start() - _BEFORE) : line.start()].rstrip(" \t\n*_`").rpartition("\n")[2]
    after = text[line.end() : line.end() + _BEFORE].strip().partition("\n")[0]
    marks_a_list = re.match(r"[ \t]*+[^\s]", text[line.end() :]) and not line["answer"][1:].isalpha()
    others = SPEECH.search(before) or OTHERS.search(before) or OTHERS.search(after)
    return (
        not others
        and not marks_a_list
        and not after[:1].islower()
        and not before.endswith((*COLONS, *ASKS, ","))
    )


def _tags(text: str, space: Choice | Quantity) -> Iterator[Statement]:
    for found in grammar_of(space).tag.finditer(text):
        if is_own(text, *found.span()):
            yield _statement(found, space, found.end())


def _statement(found: re.Match[str], space: Choice | Quantity, stop: int) -> Statement:
    return Statement(_value(found["answer"], space), *found.span("answer"), stop)


def _value(name: str, space: Choice | Quantity) -> Any:
    exact = exact_value(name, space)
    return near_value(name, space) if exact is None else exact
