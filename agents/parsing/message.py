# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""A reply to a `Message` that is no JSON: taken as the message where it is clearly nothing else."""

from __future__ import annotations

import re

_TRIES_JSON = re.compile(
    r"^\s*+[{\[<]|```|[{,]\s*+[\"'“]?(?:answer|message|text|say)[\"'”]?\s*+:", re.IGNORECASE
)
_SURE = r"(?:sure|certainly|of course|okay|ok|alright|great|absolutely)"
_ABOUT_IT = re.compile(
    rf"""\W{{0,9}}+ (?:
        {_SURE}\b[^\n]{{0,80}}(?:[:：][ \t]*+(?:\n|$)|["“])
      | (?:{_SURE}\W{{0,3}}+)? here(?:['’]s|\ is|\ are)\b[^\n]{{0,40}}
        \b(?:message|response|reply|answer|draft|text|version|suggestion|what|say)\b[^\n]{{0,60}}[:：]
      | (?:(?:my|the|final|draft|proposed)\ ){{0,3}} (?:message|answer|response|reply|say|text|output|draft)\b
        [^\n:]{{0,60}}[:：=]
      | (?:I(?:['’]ll|\ will|(?:['’]d|\ would)(?:\ like\ to)?|\ want\ to|\ am\ going\ to)?|let\ me)
        \ (?:say|send|write|tell)\b [^\n]{{0,80}}(?:[:："“]|\n\s*+["“])
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ASIDE = re.compile(
    r"\n\s*+(?:\([^\n]*+\s*+\Z|\W{0,4}+(?:reasoning|reason|note|explanation|rationale|comment)\b)",
    re.IGNORECASE,
)
_SILENCE = re.compile(
    r"""\W*+(?: no\ (?:message|reply) | nothing(?:\ to\ say)? | silence | silent | none | n/?a | null | empty
      | pass | skip | (?:I\ )?(?:will\ )?(?: says?\ nothing | (?:stay|remain)s?\ (?:silent|quiet)
        | have\ no(?:thing|\ message)\ to\ (?:say|send) ) )?\W*+""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTES = {'"': '"', "“": "”", "«": "»", "「": "」", "„": "“"}


def tries_json(text: str) -> bool:
    """Whether a text looks like JSON or markup meant to hold an answer, readable or not."""
    return _TRIES_JSON.search(text) is not None


def bare_message(text: str) -> tuple[int, int] | str:
    """Where in `text` the message stands, or the reason why that is not clear.

    Quotes around all of it are left out. Talk about the message, as in "Here is my message: …", makes it
    unclear where the message itself begins.
    """
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if tries_json(text):
        return "the reply looks like JSON or markup, but holds no answer that can be read"
    if _ABOUT_IT.match(text, start) or _ASIDE.search(text):
        return "the reply talks about the message; it is not clear where the message begins and ends"
    if _SILENCE.fullmatch(text, start, end):
        return "the reply holds no message; to say nothing, give an empty text"
    inner = text[start + 1 : end - 1]
    if _QUOTES.get(text[start]) == text[end - 1] and not any(mark in inner for mark in '"“”«»「」„'):
        return start + 1, end - 1
    return start, end
