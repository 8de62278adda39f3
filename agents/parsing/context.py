# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""Whether something marked as an answer, an object or a tag, is the agent's own: what stands around it."""

from __future__ import annotations

import re

from agents.parsing.cues import (
    CLAUSE_ENDS,
    COLONS,
    DOUBT,
    EMOJI,
    EXAMPLE,
    NEGATION,
    OTHER_TIME,
    OTHERS,
    SPEECH,
    without_fences,
)

_AROUND = 200
_MARKS_BEFORE = re.compile(r"(?:<[^<>\n]{1,60}>|[\s\u200b\ufeff*_`(\[{\"])*+$")
_MARKS_AFTER = re.compile(rf"(?:</[^<>\n]{{1,60}}>|{EMOJI}|[ \t*_`)\]}}\"])*+")
_NEW_SENTENCE = re.compile(r"\n|[.!;。！{<#]|//|[^\W\d_]")
_OWN_LEAD = re.compile(
    r"(?<!\w)(?:i|me|my|mine|answer|reply|response|decision|choice|move|action|output|result|json|final|offer|here"
    r"|so|therefore|thus|but|sure|ok|okay|antwort|deshalb|also|voici|voilà|réponse|donc|respuesta|aquí"
    r"|risposta|resposta|ответ|итак|вот)(?!\w)|答案|回答|选择|答え|إجاب",
    re.IGNORECASE,
)
_OWN_CLAIM = re.compile(
    r"(?<!\w)(?:(?:i|i['’]ll)(?:\swill|\swould)?\s(?:choose|answer|reply|respond|submit|play|pick)(?: with)?"
    r"|my\s(?:\w+\s)?(?:answer|reply|response|choice|decision|move)(?:\sis)?|so|answer\sis|json\sis|return)\s*+$",
    re.IGNORECASE,
)


def is_own(text: str, start: int, end: int) -> bool:
    """Whether the words around an answer at `start` to `end` leave it the agent's own.

    An answer may stand on lines of its own or between sentences, or be led to by words of the agent's own.
    One that is part of a sentence, denied, quoted, an example, or put under another's name is none.
    """
    return _led_to(text[max(0, start - _AROUND) : start]) and _left_alone(text[end : end + _AROUND])


def _led_to(text: str) -> bool:
    before = without_fences(text)
    said = before[: len(before) - len(_MARKS_BEFORE.search(before)[0])]  # type: ignore[index]  # always matches
    line = said.rpartition("\n")[2]
    on_own_line = "\n" in before[len(said) :]
    leads = line.endswith(COLONS)
    if not line.strip() or (on_own_line and not leads):
        return not OTHERS.search(line)
    line = line.rstrip("".join((" *_", *COLONS)))
    clause = CLAUSE_ENDS.split(line)[-1]
    about_others = any(cue.search(line) for cue in (SPEECH, EXAMPLE, OTHERS, OTHER_TIME))
    if about_others or NEGATION.search(clause) or DOUBT.search(clause):
        return False
    if leads:
        return _OWN_LEAD.search(line) is not None or len(line.split()) > 3
    return line[-1] in ".!?…。！？;" or _OWN_CLAIM.search(clause) is not None


def _left_alone(text: str) -> bool:
    after = text[_MARKS_AFTER.match(text).end() :]  # type: ignore[union-attr]  # always matches
    sentence = _NEW_SENTENCE.match(after)
    if after and (sentence is None or sentence[0].islower()):
        return False
    return not OTHERS.search(re.split(r"[.!?]\s", after.strip(), maxsplit=1)[0])
